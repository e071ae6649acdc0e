#include "headlens/hub/pull.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "headlens/base/errors.h"
#include "tests/hub/pull_fixture.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

class PullTest : public PullFixture {};

TEST_F(PullTest, LeavesTheHubsOwnLayout) {
  const PullResult result = pull("owner/model", quick());
  EXPECT_EQ(result.commit, hub.commit);
  EXPECT_EQ(result.files_downloaded, 3);
  EXPECT_EQ(result.model.path, snapshot());
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(repository())) {
    if (!entry.is_directory()) found.insert(entry.path().lexically_relative(repository()));
  }
  const auto blob = [&](const char* name) { return "blobs/" + hub.files.at(name).etag; };
  const std::string snapshot_name = "snapshots/" + hub.commit + "/";
  EXPECT_EQ(found, (std::set<std::string>{"refs/main", blob("config.json"), blob("tokenizer.json"),
                                          blob("model.safetensors"), snapshot_name + "config.json",
                                          snapshot_name + "tokenizer.json",
                                          snapshot_name + "model.safetensors"}));
  EXPECT_EQ(content_of(repository() / "refs" / "main"), hub.commit);
  EXPECT_EQ(fs::read_symlink(snapshot() / "model.safetensors"),
            "../../blobs/" + hub.files.at("model.safetensors").etag);
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
  EXPECT_EQ(content_of(snapshot() / "config.json"), kConfig);
}

TEST_F(PullTest, IsFoundAfterwards) {
  EXPECT_THROW(resolve_model("owner/model"), UsageError);
  pull("owner/model", quick());
  EXPECT_EQ(resolve_model("owner/model").path, snapshot());
}

TEST_F(PullTest, TheTokenGoesToTheHubAndNotToTheStore) {
  set("HF_TOKEN", "hf_secret");
  hub.required_token = "hf_secret";
  pull("owner/model", quick());
  int at_store = 0;
  for (const SeenRequest& request : hub.seen()) {
    EXPECT_EQ(request.authorization, request.at_store ? "" : "Bearer hf_secret") << request.path;
    at_store += request.at_store ? 1 : 0;
  }
  EXPECT_GE(at_store, 1);
}

TEST_F(PullTest, ReadsTheTokenFile) {
  put(home() / "huggingface" / "token", "hf_from_file\n");
  hub.required_token = "hf_from_file";
  EXPECT_EQ(pull("owner/model", quick()).files_downloaded, 3);
}

TEST_F(PullTest, TheSecondTimeOnlyTheDescriptionIsAskedFor) {
  pull("owner/model", quick());
  const std::size_t before = hub.seen().size();
  const PullResult again = pull("owner/model", quick());
  EXPECT_EQ(again.files_downloaded, 0);
  EXPECT_EQ(again.bytes_downloaded, 0u);
  EXPECT_THAT(hub.seen(), SizeIs(before + 1));
}

TEST_F(PullTest, TheSecondTimeWorksOffline) {
  pull("owner/model", quick());
  const std::size_t before = hub.seen().size();
  set("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(pull("owner/model", quick()).model.path, snapshot());
  EXPECT_THAT(hub.seen(), SizeIs(before));
  set("HF_HUB_OFFLINE", std::nullopt);
  set("HF_ENDPOINT", "http://127.0.0.1:1");
  const PullResult unreachable = pull("owner/model", quick());
  EXPECT_EQ(unreachable.model.path, snapshot());
  EXPECT_EQ(unreachable.commit, hub.commit);
}

TEST_F(PullTest, OfflineTheFirstTimeSaysSo) {
  set("HF_HUB_OFFLINE", "yes");
  EXPECT_THAT([] { pull("owner/model"); },
              ThrowsMessage<ResourceError>(HasSubstr("HF_HUB_OFFLINE")));
  EXPECT_THAT(hub.seen(), IsEmpty());
}

TEST_F(PullTest, ANewCommitBringsOnlyWhatChanged) {
  pull("owner/model", quick());
  hub.commit = std::string(40, 'f');
  hub.add_small("tokenizer.json", R"({"version": "2.0"})");
  const PullResult result = pull("owner/model", quick());
  EXPECT_EQ(result.files_downloaded, 1);
  EXPECT_EQ(content_of(repository() / "refs" / "main"), hub.commit);
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
  EXPECT_EQ(content_of(snapshot() / "tokenizer.json"), R"({"version": "2.0"})");
}

TEST_F(PullTest, BringsANamedRevision) {
  EXPECT_EQ(pull("owner/model@v1", quick()).commit, hub.commit);
  EXPECT_EQ(content_of(repository() / "refs" / "v1"), hub.commit);
  EXPECT_FALSE(fs::exists(repository() / "refs" / "main"));
  EXPECT_EQ(resolve_model("owner/model@v1").path, snapshot());
  PullOptions options = quick();
  options.revision = hub.commit;
  pull("owner/model", options);
  EXPECT_FALSE(fs::exists(repository() / "refs" / hub.commit));
}

TEST_F(PullTest, BringsEveryShardThatTheIndexNames) {
  hub.files.erase("model.safetensors");
  hub.add_small("model.safetensors.index.json",
                R"({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}})");
  hub.add_large("m-1.safetensors", "first");
  hub.add_large("m-2.safetensors", "second");
  hub.add_large("unused.safetensors", "third");
  EXPECT_EQ(pull("owner/model", quick()).files_downloaded, 5);
  EXPECT_EQ(content_of(snapshot() / "m-2.safetensors"), "second");
  EXPECT_FALSE(fs::exists(snapshot() / "unused.safetensors"));
}

TEST_F(PullTest, BringsOneGgufOutOfAFolder) {
  hub.files.clear();
  hub.add_large("q/m.Q4_1.gguf", "GGUF four");
  hub.add_large("q/m.Q8_0.gguf", "GGUF eight");
  const PullResult result = pull("owner/model:q/m.Q8_0.gguf", quick());
  EXPECT_EQ(result.model.kind, ModelKind::gguf_file);
  EXPECT_EQ(content_of(result.model.path), "GGUF eight");
  EXPECT_EQ(fs::read_symlink(result.model.path),
            "../../../blobs/" + hub.files.at("q/m.Q8_0.gguf").etag);
  EXPECT_EQ(result.files_downloaded, 1);
}

TEST_F(PullTest, TwoAtOnceBringEachFileOnce) {
  PullResult first;
  PullResult second;
  {
    std::jthread other([&] { second = pull("owner/model", quick()); });
    first = pull("owner/model", quick());
  }
  EXPECT_EQ(first.model.path, second.model.path);
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
  EXPECT_EQ(first.files_downloaded + second.files_downloaded, 3);
  for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
    EXPECT_THAT(hub.downloads_of(name), SizeIs(1)) << name;
  }
}

TEST_F(PullTest, ReportsProgressUpToTheWholeFile) {
  std::uint64_t last = 0;
  PullOptions options = quick();
  options.progress = [&](const Progress& progress) {
    if (progress.stage != "downloading model.safetensors") return;
    EXPECT_EQ(progress.total, weights.size());
    EXPECT_EQ(progress.unit, "bytes");
    EXPECT_GT(progress.done, last);
    last = progress.done;
  };
  pull("owner/model", options);
  EXPECT_EQ(last, weights.size());
}

TEST_F(PullTest, FollowsARenamedRepositoryWithinTheHub) {
  hub.set_intercept([](const SeenRequest& seen, const httplib::Request&, httplib::Response& r) {
    const std::string old_prefix = "/api/models/owner/old-name/";
    if (!seen.path.starts_with(old_prefix)) return false;
    r.set_redirect("/api/models/owner/model/" + seen.path.substr(old_prefix.size()), 307);
    return true;
  });
  EXPECT_THROW(pull("owner/other", quick()), UsageError);
  hub.set_intercept([](const SeenRequest& seen, const httplib::Request&, httplib::Response& r) {
    const std::size_t at = seen.path.find("/old-name/");
    if (at == std::string::npos) return false;
    std::string path = seen.path;
    r.set_redirect(path.replace(at, 10, "/model/"), 307);
    return true;
  });
  const PullResult result = pull("owner/old-name", quick());
  EXPECT_EQ(content_of(result.model.path / "model.safetensors"), weights);
}

}  // namespace
}  // namespace headlens
