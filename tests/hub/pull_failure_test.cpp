#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/hub/pull.h"
#include "tests/hub/pull_fixture.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

class PullFailure : public PullFixture {
 protected:
  /// Every request gets this status until `times` have; then the hub is well again.
  void answer(int status, int times, const std::string& error_code = "") {
    hub.set_intercept(
        [=, left = std::make_shared<std::atomic<int>>(times)](
            const SeenRequest&, const httplib::Request&, httplib::Response& response) {
          if ((*left)-- <= 0) return false;
          response.status = status;
          if (!error_code.empty()) response.set_header("X-Error-Code", error_code);
          return true;
        });
  }
  void expect_nothing_appeared() const {
    EXPECT_FALSE(fs::exists(repository() / "refs"));
    EXPECT_FALSE(fs::exists(weights_blob()));
    EXPECT_FALSE(fs::exists(incomplete_weights()));
  }
  static constexpr int kAlways = 1'000'000;
};

TEST_F(PullFailure, TriesAgainWhenTheHubIsBusy) {
  answer(500, 2);
  EXPECT_EQ(pull("owner/model", quick()).files_downloaded, 3);
}

TEST_F(PullFailure, GivesUpOnABusyHubInTheEnd) {
  answer(503, kAlways);
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("status 503")));
  EXPECT_THAT(hub.seen(), SizeIs(3));
}

TEST_F(PullFailure, SaysThatThereIsNoSuchModelOrRevision) {
  EXPECT_THAT([] { pull("owner/absent", quick()); },
              ThrowsMessage<UsageError>(HasSubstr("no model owner/absent")));
  EXPECT_THAT([] { pull("owner/model@v9", quick()); },
              ThrowsMessage<UsageError>(HasSubstr("no such revision")));
  EXPECT_THAT([] { pull("gtp2", quick()); }, ThrowsMessage<UsageError>(HasSubstr("gpt2")));
}

TEST_F(PullFailure, SaysWhatToDoAboutAGatedModel) {
  answer(403, kAlways, "GatedRepo");
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(
                  AllOf(HasSubstr("gated"), HasSubstr("/owner/model"), HasSubstr("HF_TOKEN"))));
  EXPECT_THAT(hub.seen(), SizeIs(1)) << "a refusal is not tried again";
}

TEST_F(PullFailure, SaysThatATokenIsWrongWithoutShowingIt) {
  hub.required_token = "hf_right";
  set("HF_TOKEN", "hf_wrong");
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(
                  AllOf(HasSubstr("the one in use may not"), Not(HasSubstr("hf_wrong")))));
}

TEST_F(PullFailure, SaysThatTheHubCannotBeReached) {
  set("HF_ENDPOINT", "http://127.0.0.1:1");
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("check the network")));
  set("HF_ENDPOINT", "file:///etc");
  EXPECT_THROW(pull("owner/model", quick()), ResourceError);
}

TEST_F(PullFailure, DeletesWhatHasTheWrongChecksum) {
  hub.files["model.safetensors"].etag = std::string(64, '0');
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("checksum")));
  expect_nothing_appeared();
}

TEST_F(PullFailure, VerifiesSmallFilesToo) {
  hub.files["config.json"].etag = std::string(40, '0');
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("config.json")));
  EXPECT_FALSE(fs::exists(repository() / "blobs" / std::string(40, '0')));
}

TEST_F(PullFailure, RefusesAFileWithoutAChecksum) {
  for (const char* etag :
       {"", "../../../../evil", "abc", "0123456789ABCDEF0123456789ABCDEF01234567"}) {
    hub.files["model.safetensors"].etag = etag;
    EXPECT_THAT([] { pull("owner/model", quick()); },
                ThrowsMessage<FormatError>(HasSubstr("no checksum")))
        << etag;
  }
  expect_nothing_appeared();
}

TEST_F(PullFailure, RefusesMoreBytesThanPromised) {
  hub.files["model.safetensors"].size = "1000";
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<FormatError>(HasSubstr("more than the 1000 bytes")));
  expect_nothing_appeared();
}

TEST_F(PullFailure, RefusesASizeThatNoDiskHolds) {
  hub.files["model.safetensors"].size = "18446744073709551615";
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("no room")));
  EXPECT_THAT(hub.downloads_of("model.safetensors"), SizeIs(0));
  hub.files["model.safetensors"].size = "-5";
  EXPECT_THROW(pull("owner/model", quick()), FormatError);
}

TEST_F(PullFailure, GivesUpOnAFileThatNeverGetsAsLongAsPromised) {
  hub.files["model.safetensors"].size = std::to_string(weights.size() + (std::size_t{8} << 20));
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("the hub sent")));
  EXPECT_LE(hub.downloads_of("model.safetensors").size(), 8u);
}

TEST_F(PullFailure, RefusesADescriptionWithoutEnd) {
  hub.set_intercept([](const SeenRequest&, const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider(
        "application/json",
        [piece = std::string(std::size_t{1} << 20, '[')](std::size_t, httplib::DataSink& sink) {
          return sink.write(piece.data(), piece.size());
        });
    return true;
  });
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<FormatError>(HasSubstr("absurdly long")));
}

TEST_F(PullFailure, StopsOnRequestWhileTheHubIsSilent) {
  hub.set_intercept([](const SeenRequest&, const httplib::Request&, httplib::Response&) {
    request_cancellation();
    std::this_thread::sleep_for(std::chrono::seconds(4));
    return true;
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(pull("owner/model", quick()), CancelledError);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

TEST_F(PullFailure, RefusesNamesThatLeaveTheFolder) {
  for (const std::string name :
       {"../evil", "/etc/evil", "a/../../evil", "a\\u0000b", "a\\\\b", "a//b", ""}) {
    hub.description =
        R"({"sha": ")" + hub.commit + R"(", "siblings": [{"rfilename": ")" + name + R"("}]})";
    EXPECT_THAT([] { pull("owner/model", quick()); },
                ThrowsMessage<FormatError>(HasSubstr("not lie in the model's folder")))
        << name;
  }
  expect_nothing_appeared();
}

TEST_F(PullFailure, RefusesDescriptionsThatMakeNoSense) {
  const std::string sha = R"("sha": ")" + hub.commit + R"(")";
  for (const std::string& text :
       {std::string("<html>"), std::string("[]"), "{" + sha + "}",
        "{" + sha + R"(, "siblings": {}})", "{" + sha + R"(, "siblings": [3]})",
        "{" + sha + R"(, "siblings": [{"rfilename": 3}]})",
        std::string(R"({"sha": "../../x", "siblings": []})"),
        std::string(R"({"sha": 3, "siblings": []})"), std::string(std::size_t{1} << 20, '[')}) {
    hub.description = text;
    EXPECT_THROW(pull("owner/model", quick()), FormatError) << text.substr(0, 80);
  }
  expect_nothing_appeared();
}

TEST_F(PullFailure, RefusesAnIndexThatNamesFilesElsewhere) {
  hub.files.erase("model.safetensors");
  for (const char* shard : {"../../x.safetensors", "absent.safetensors", "config.json"}) {
    hub.commit = git_blob_sha1(shard);
    hub.add_small("model.safetensors.index.json",
                  std::string(R"({"weight_map": {"a": ")") + shard + R"("}})");
    EXPECT_THROW(pull("owner/model", quick()), FormatError) << shard;
  }
  EXPECT_FALSE(fs::exists(repository() / "refs"));
}

TEST_F(PullFailure, EndsARedirectCircle) {
  hub.set_intercept([](const SeenRequest& seen, const httplib::Request&, httplib::Response& r) {
    r.set_redirect(seen.path, 302);
    return true;
  });
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<ResourceError>(HasSubstr("circle")));
}

TEST_F(PullFailure, FollowsNoRedirectToTheFileSystem) {
  hub.set_intercept([](const SeenRequest&, const httplib::Request&, httplib::Response& r) {
    r.set_redirect("file:///etc/passwd", 302);
    return true;
  });
  EXPECT_THROW(pull("owner/model", quick()), ResourceError);
}

TEST_F(PullFailure, SaysThatTheCacheCannotBeWritten) {
  set("HF_HUB_CACHE", (put(home() / "a-file", "") / "below").string());
  EXPECT_THROW(pull("owner/model", quick()), ResourceError);
}

TEST_F(PullFailure, RefusesATokenThatWouldSplitTheHeader) {
  set("HF_TOKEN", "hf_x\r\nHost: evil");
  EXPECT_THROW(pull("owner/model", quick()), UsageError);
  EXPECT_THAT(hub.seen(), SizeIs(0));
}

TEST_F(PullFailure, NeverFetchesPickles) {
  hub.files.erase("model.safetensors");
  EXPECT_THAT([] { pull("owner/model", quick()); },
              ThrowsMessage<UnsupportedError>(HasSubstr("pytorch_model.bin")));
  EXPECT_THAT(hub.downloads_of("pytorch_model.bin"), SizeIs(0));
}

}  // namespace
}  // namespace headlens
