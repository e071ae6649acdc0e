#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/hub/pull.h"
#include "tests/hub/pull_fixture.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

constexpr std::size_t kBroken = std::size_t{1} << 20;

class PullResume : public PullFixture {
 protected:
  bool is_weights(const SeenRequest& seen) const {
    return seen.at_store && seen.method == "GET" && seen.path.ends_with("model.safetensors");
  }
  /// The first `times` transfers of the weights break after kBroken bytes.
  void break_weights(int times) {
    hub.set_intercept(
        [this, left = std::make_shared<std::atomic<int>>(times)](
            const SeenRequest& seen, const httplib::Request&, httplib::Response& response) {
          if (!is_weights(seen) || (*left)-- <= 0) return false;
          send_part_of(weights, kBroken, response);
          return true;
        });
  }
};

TEST_F(PullResume, GoesOnWhereABrokenTransferStopped) {
  break_weights(1);
  const PullResult result = pull("owner/model", quick());
  const auto requests = hub.downloads_of("model.safetensors");
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].range, "");
  EXPECT_EQ(requests[1].range, "bytes=" + std::to_string(kBroken) + "-");
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
  EXPECT_EQ(result.bytes_downloaded, weights.size() + std::string(kConfig).size() +
                                         hub.files.at("tokenizer.json").content.size());
  EXPECT_FALSE(fs::exists(incomplete_weights()));
}

TEST_F(PullResume, ALaterPullGoesOnToo) {
  PullOptions once = quick();
  once.attempts = 1;
  break_weights(1);
  EXPECT_THAT([&] { pull("owner/model", once); },
              ThrowsMessage<ResourceError>(HasSubstr("goes on where it stopped")));
  EXPECT_EQ(fs::file_size(incomplete_weights()), kBroken);
  EXPECT_FALSE(fs::exists(repository() / "refs" / "main"));
  EXPECT_THROW(resolve_model("owner/model"), UsageError);
  pull("owner/model", once);
  EXPECT_EQ(hub.downloads_of("model.safetensors").back().range,
            "bytes=" + std::to_string(kBroken) + "-");
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

TEST_F(PullResume, TakesTheWholeFileFromAHubThatIgnoresRanges) {
  put(incomplete_weights(), weights.substr(0, kBroken));
  hub.set_intercept([this](const SeenRequest& seen, const httplib::Request& request,
                           httplib::Response& response) {
    if (!is_weights(seen)) return false;
    const_cast<httplib::Request&>(request).ranges.clear();
    response.set_content(weights, "application/octet-stream");
    return true;
  });
  pull("owner/model", quick());
  ASSERT_THAT(hub.downloads_of("model.safetensors"), SizeIs(1));
  EXPECT_NE(hub.downloads_of("model.safetensors")[0].range, "");
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

TEST_F(PullResume, StartsOverIfWhatWasThereIsNotTheFilesBeginning) {
  put(incomplete_weights(), noise(kBroken, 99));
  pull("owner/model", quick());
  EXPECT_THAT(hub.downloads_of("model.safetensors"), SizeIs(2));
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

TEST_F(PullResume, StartsOverIfMoreIsThereThanTheFileHas) {
  put(incomplete_weights(), weights + "more");
  pull("owner/model", quick());
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

TEST_F(PullResume, NeedsNoTransferIfAllBytesAreThere) {
  put(incomplete_weights(), weights);
  pull("owner/model", quick());
  EXPECT_THAT(hub.downloads_of("model.safetensors"), SizeIs(0));
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

TEST_F(PullResume, StopsOnRequestAndGoesOnLater) {
  PullOptions options = quick();
  options.progress = [](const Progress& progress) {
    if (progress.stage == "downloading model.safetensors" && progress.done >= kBroken) {
      request_cancellation();
    }
  };
  EXPECT_THROW(pull("owner/model", options), CancelledError);
  clear_cancellation();
  const auto kept = fs::file_size(incomplete_weights());
  EXPECT_GE(kept, kBroken);
  EXPECT_LT(kept, weights.size());
  pull("owner/model", quick());
  EXPECT_EQ(hub.downloads_of("model.safetensors").back().range,
            "bytes=" + std::to_string(kept) + "-");
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

/// Writing beyond a size fails as long as this lives, as it does on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST_F(PullResume, KeepsWhatCameWhenTheDiskIsFull) {
  {
    const FileSizeLimit limit(kBroken);
    EXPECT_THAT([&] { pull("owner/model", quick()); },
                ThrowsMessage<ResourceError>(HasSubstr("cannot be written")));
  }
  EXPECT_EQ(fs::file_size(incomplete_weights()), kBroken);
  pull("owner/model", quick());
  EXPECT_EQ(hub.downloads_of("model.safetensors").back().range,
            "bytes=" + std::to_string(kBroken) + "-");
  EXPECT_EQ(content_of(snapshot() / "model.safetensors"), weights);
}

}  // namespace
}  // namespace headlens
