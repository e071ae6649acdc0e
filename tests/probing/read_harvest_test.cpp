#include "headlens/probing/read_harvest.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "headlens/hub/model_hash.h"
#include "headlens/probing/harvest.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

class ReadHarvest : public ::testing::Test {
 protected:
  ReadHarvest() {
    write_tiny_model(model_, "gpt2");
    Session session = Session::open(model_.path().string());
    sha256_ = model_sha256(session.identity());
    ListedCorpus corpus = length_corpus({"the cat", "a dog", "mats"});
    harvest(session, corpus, {.sites = {site_}, .shard_tokens = 4}, folder());
  }

  std::filesystem::path folder() const { return out_.path(); }
  std::filesystem::path shard() const { return folder() / "shard-00000.safetensors"; }
  nlohmann::json manifest() const {
    return nlohmann::json::parse(read_file(folder() / "manifest.json"));
  }
  void write_manifest(const nlohmann::json& manifest) const {
    out_.write("manifest.json", manifest.dump());
  }
  /// Makes the manifest agree with a shard that a test changed.
  void accept(std::size_t index) const {
    nlohmann::json changed = manifest();
    nlohmann::json& file = changed["shards"][index]["states"];
    const auto path = folder() / file["name"].get<std::string>();
    file["bytes"] = std::filesystem::file_size(path);
    file["sha256"] = file_sha256(path);
    write_manifest(changed);
  }
  template <typename Matcher>
  void refuse(const Matcher& matcher) const {
    EXPECT_THAT([&] { read_harvest(folder()); }, matcher);
  }

  TemporaryDirectory model_, out_;
  std::string sha256_;
  const Site site_{SiteKind::resid_pre, 1};
};

TEST_F(ReadHarvest, OfTheRightModel) {
  const Harvest harvest = read_harvest(folder(), sha256_);
  EXPECT_EQ(harvest.rows(), 5);
  EXPECT_EQ(harvest.manifest().work.model_sha256, sha256_);
  EXPECT_EQ(harvest.manifest().work.sites[0].hidden_state, 1);
  EXPECT_EQ(nlohmann::json(to_json(harvest.manifest())), manifest());
  const Tensor all = harvest.read_states(site_);
  std::int64_t rows = 0;
  for (std::size_t s = 0; s < harvest.manifest().shards.size(); ++s) {
    const Tensor part = harvest.read_states(site_, s);
    EXPECT_TRUE(std::equal(part.values().begin(), part.values().end(),
                           all.values().begin() + rows * all.size(1)));
    rows += part.size(0);
  }
  EXPECT_EQ(rows, 5);
  EXPECT_THAT(
      [&] {
        harvest.read_states({SiteKind::resid_pre, 0});
      },
      refuses_with<UsageError>("was not harvested", "blocks.1.hook_resid_pre"));
  EXPECT_THAT([&] { harvest.read_states(site_, 99); }, refuses_with<UsageError>("no such shard"));
}

TEST_F(ReadHarvest, RefusesAnotherModel) {
  EXPECT_THAT([&] { read_harvest(folder(), std::string(64, '0')); },
              refuses_with<FormatError>("manifest.json", "of another model", sha256_));
}

TEST_F(ReadHarvest, RefusesShardsThatAreNotWhole) {
  const auto size = std::filesystem::file_size(shard());
  std::filesystem::resize_file(shard(), size - 1);
  refuse(refuses_with<FormatError>("shard-00000.safetensors", "truncated"));
  std::filesystem::resize_file(shard(), size);
  refuse(refuses_with<FormatError>("shard-00000.safetensors", "SHA-256"));
  std::filesystem::remove(shard());
  refuse(refuses_with<FormatError>("shard-00000.safetensors", "missing"));
}

TEST_F(ReadHarvest, RefusesStatesThatAreNotFinite) {
  const Checkpoint checkpoint = read_safetensors(shard());
  const StoredTensor& stored = checkpoint.at(to_string(site_));
  std::vector<float> values(stored.bytes.size() / sizeof(float));
  std::memcpy(values.data(), stored.bytes.data(), stored.bytes.size());
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    values.back() = bad;
    const std::vector<NamedTensor> tensors = {{to_string(site_), stored.shape, values}};
    const auto path = folder() / "changed";
    write_safetensors(path, tensors);
    std::filesystem::rename(path, shard());
    accept(0);
    EXPECT_THAT([&] { read_harvest(folder()).read_states(site_); },
                refuses_with<FormatError>("shard-00000.safetensors", "not finite"));
  }
}

TEST_F(ReadHarvest, RefusesManifestsThatContradictThemselves) {
  const nlohmann::json good = manifest();
  const auto changed = [&](const nlohmann::json& patch) {
    nlohmann::json json = good;
    json.merge_patch(patch);
    write_manifest(json);
  };
  changed({{"schema", "headlens/run/1"}});
  refuse(refuses_with<FormatError>("no manifest of a harvest"));
  changed({{"counts", {{"rows", 7}}}});
  refuse(refuses_with<FormatError>("says 7 rows"));
  changed({{"dtype", "f8"}});
  refuse(refuses_with<FormatError>("dtype"));
  changed({{"model", nullptr}});
  refuse(refuses_with<FormatError>("model is missing"));
  nlohmann::json outside = good;
  outside["shards"][0]["states"]["name"] = "../x.safetensors";
  write_manifest(outside);
  refuse(refuses_with<FormatError>("outside its folder"));
  nlohmann::json wide = good;
  wide["sites"][0]["width"] = 3;
  write_manifest(wide);
  EXPECT_THAT([&] { read_harvest(folder()).read_states(site_); },
              refuses_with<FormatError>("has the shape"));
  out_.write("manifest.json", "{");
  refuse(refuses_with<FormatError>("not valid JSON"));
}

TEST_F(ReadHarvest, RefusesWorkThatIsNotDone) {
  std::filesystem::remove(folder() / "manifest.json");
  refuse(refuses_with<FormatError>("no harvest that was finished"));
}

}  // namespace
}  // namespace headlens
