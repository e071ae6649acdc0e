#include "headlens/hub/model_hash.h"

#include <gmock/gmock.h>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "tests/hub/hub_environment.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

// From coreutils: printf abc | sha256sum
constexpr const char* kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class ModelHash : public HubEnvironment {
 protected:
  fs::path cache_file() const { return home() / "headlens" / "hashes.json"; }
  ResolvedModel gguf(std::string_view content) {
    return {"m", put(home() / "m.gguf", content), ModelKind::gguf_file};
  }
};

TEST_F(ModelHash, OfOneFileIsItsPlainSha256) { EXPECT_EQ(model_sha256(gguf("abc")), kSha256OfAbc); }

TEST_F(ModelHash, OfShardsIsThatOfThemJoinedInOrderOfName) {
  put(home() / "m" / "config.json", "{}");
  put(home() / "m" / "model.safetensors.index.json",
      R"({"weight_map": {"x": "2.safetensors", "y": "1.safetensors", "z": "2.safetensors"}})");
  put(home() / "m" / "1.safetensors", "a");
  put(home() / "m" / "2.safetensors", "bc");
  put(home() / "m" / "unused.safetensors", "zzz");
  EXPECT_EQ(model_sha256({"m", home() / "m", ModelKind::huggingface_directory}), kSha256OfAbc);
}

TEST_F(ModelHash, IsReadOnceAndRememberedByIdentity) {
  const ResolvedModel model = gguf("abc");
  ASSERT_EQ(model_sha256(model), kSha256OfAbc);
  std::string remembered = content_of(cache_file());
  const std::string marker(64, '7');
  ASSERT_NE(remembered.find(kSha256OfAbc), std::string::npos);
  remembered.replace(remembered.find(kSha256OfAbc), marker.size(), marker);
  put(cache_file(), remembered);
  EXPECT_EQ(model_sha256(model), marker) << "the file was read again";

  const auto time = fs::last_write_time(model.path);
  put(model.path, "abd");
  fs::last_write_time(model.path, time + std::chrono::seconds(1));
  EXPECT_NE(model_sha256(model), marker) << "a changed file was not read again";
  EXPECT_EQ(content_of(cache_file()).find(marker), std::string::npos) << "old entry was kept";
}

TEST_F(ModelHash, DoesWithoutACorruptOrUnwritableCache) {
  for (const char* text : {"", "{", "[]", R"({"models": 3})", R"({"models": [3, {}, null]})",
                           R"({"models": [{"files": 1, "sha256": 2}]})"}) {
    put(cache_file(), text);
    EXPECT_EQ(model_sha256(gguf("abc")), kSha256OfAbc) << text;
  }
  EXPECT_NE(content_of(cache_file()).find(kSha256OfAbc), std::string::npos) << "not repaired";
  set("HEADLENS_CACHE", (put(home() / "a-file", "") / "below").string());
  EXPECT_EQ(model_sha256(gguf("abc")), kSha256OfAbc);
}

TEST_F(ModelHash, TrustsTheNameOfABlobInTheHubsCache) {
  const std::string name(64, 'a');
  const fs::path repository = hub_cache() / "models--a--b";
  put(repository / "blobs" / name, "abc");
  fs::create_directories(repository / "snapshots" / "c");
  fs::create_symlink("../../blobs/" + name, repository / "snapshots" / "c" / "m.gguf");
  EXPECT_EQ(model_sha256({"m", repository / "snapshots" / "c" / "m.gguf", ModelKind::gguf_file}),
            name);
}

TEST_F(ModelHash, OfAFileWhoseNameIsNoUtf8IsNotRemembered) {
  const fs::path file = put(home() / "\xff.gguf", "abc");
  EXPECT_EQ(model_sha256({"m", file, ModelKind::gguf_file}), kSha256OfAbc);
  EXPECT_FALSE(fs::exists(cache_file()));
}

TEST_F(ModelHash, SaysThatWeightsAreMissing) {
  EXPECT_THROW(model_sha256({"m", home() / "absent.gguf", ModelKind::gguf_file}), FormatError);
  EXPECT_THROW(model_sha256({"m", home(), ModelKind::huggingface_directory}), FormatError);
}

TEST_F(ModelHash, StopsOnRequest) {
  const ResolvedModel model = gguf("abc");
  request_cancellation();
  EXPECT_THROW(model_sha256(model), CancelledError);
  EXPECT_FALSE(fs::exists(cache_file()));
}

}  // namespace
}  // namespace headlens
