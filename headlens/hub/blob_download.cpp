#include "headlens/hub/blob_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "headlens/base/atomic_file.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/hub/blob_checksum.h"
#include "headlens/hub/file_lock.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

/// blobs/<etag>.incomplete, written from its end on.
class IncompleteFile {
 public:
  explicit IncompleteFile(fs::path path) : path_(std::move(path)) {
    constexpr mode_t kOrdinaryMode = 0666;
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOrdinaryMode);
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) fail("cannot be written");
    bytes_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~IncompleteFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  IncompleteFile(const IncompleteFile&) = delete;
  IncompleteFile& operator=(const IncompleteFile&) = delete;

  std::uint64_t bytes() const { return bytes_; }
  const fs::path& path() const { return path_; }

  void append(std::span<const std::byte> data) {
    while (!data.empty()) {
      const ssize_t written = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(bytes_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written (what is there is kept; pull again to go on)");
      bytes_ += static_cast<std::uint64_t>(written);
      data = data.subspan(static_cast<std::size_t>(written));
    }
  }

  void start_over() {
    if (::ftruncate(fd_, 0) != 0) fail("cannot be emptied");
    bytes_ = 0;
  }

  void remove() { ::unlink(path_.c_str()); }

  /// The bytes must be on the disk before they get a name that vouches for them.
  void commit(const fs::path& destination) {
    if (::fdatasync(fd_) != 0) fail("cannot be written");
    if (::rename(path_.c_str(), destination.c_str()) != 0) fail("cannot be renamed");
  }

 private:
  [[noreturn]] void fail(std::string_view action) const {
    throw ResourceError(fmt::format("{}: {}: {}", path_.string(), action, std::strerror(errno)));
  }

  fs::path path_;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
};

class BlobDownload {
 public:
  BlobDownload(HubClient& client, const BlobRequest& request, const PullOptions& options,
               std::string_view stage)
      : client_(client),
        request_(request),
        options_(options),
        stage_(stage),
        incomplete_(request.cache->blob(request.file.etag).string() + ".incomplete") {}

  std::uint64_t run() {
    check_space();
    const bool resumed = incomplete_.bytes() > 0;
    bring_all();
    if (resumed && !blob_matches(incomplete_.path(), request_.file.etag)) {
      incomplete_.start_over();
      bring_all();
    }
    if (!blob_matches(incomplete_.path(), request_.file.etag)) {
      incomplete_.remove();
      throw ResourceError(
          fmt::format("{}/{}: what came does not have the checksum {} that the hub "
                      "gives; it was deleted, pull again",
                      request_.repository, request_.file.name, request_.file.etag));
    }
    incomplete_.commit(request_.cache->blob(request_.file.etag));
    return received_;
  }

 private:
  std::uint64_t promised() const { return request_.file.bytes; }

  void check_space() const {
    std::error_code error;
    const auto space = fs::space(incomplete_.path().parent_path(), error);
    const std::uint64_t there = std::min(incomplete_.bytes(), promised());
    if (!error && space.available < promised() - there) {
      constexpr double kMegabyte = 1e6;
      throw ResourceError(
          fmt::format("{}: no room for {}: it needs {:.0f} MB more, {:.0f} MB are free",
                      incomplete_.path().parent_path().string(), request_.file.name,
                      static_cast<double>(promised() - there) / kMegabyte,
                      static_cast<double>(space.available) / kMegabyte));
    }
  }

  void bring_all() {
    constexpr std::uint64_t kWorthATry = std::uint64_t{1} << 20;
    if (incomplete_.bytes() > promised()) incomplete_.start_over();
    // A mark that only rises: a hub that makes the file start over gains nothing by repeating it.
    std::uint64_t furthest = incomplete_.bytes();
    const auto gained = [&] {
      const bool much = incomplete_.bytes() >= furthest + kWorthATry;
      furthest = std::max(furthest, incomplete_.bytes());
      return much;
    };
    with_retries(
        options_, [&] { bring_rest(); }, gained);
  }

  void bring_rest() {
    constexpr long kRangeNotSatisfiable = 416;
    if (incomplete_.bytes() == promised()) return;
    bool first = true;
    const auto response = client_.get_file(
        request_.repository, request_.commit, request_.file.name, incomplete_.bytes(),
        [&](const HttpResponse& answer, std::span<const std::byte> bytes) {
          if (first) start_at(answer);
          first = false;
          receive(bytes);
        });
    if (response.status == kRangeNotSatisfiable) incomplete_.start_over();
    if (incomplete_.bytes() < promised()) {
      throw TransferError(fmt::format("{}/{}: the hub sent {} of {} bytes", request_.repository,
                                      request_.file.name, incomplete_.bytes(), promised()),
                          /*never_connected=*/false);
    }
  }

  /// A hub may answer a range with the whole file; then the whole file it is.
  void start_at(const HttpResponse& answer) {
    constexpr long kPartialContent = 206;
    if (answer.status != kPartialContent) {
      if (incomplete_.bytes() > 0) incomplete_.start_over();
      return;
    }
    const std::string expected = fmt::format("bytes {}-", incomplete_.bytes());
    if (!answer.header("content-range").starts_with(expected)) {
      throw FormatError(request_.file.name,
                        "the hub sent another part of the file than it was asked for");
    }
  }

  void receive(std::span<const std::byte> bytes) {
    check_cancellation();
    if (bytes.size() > promised() - incomplete_.bytes()) {
      incomplete_.remove();
      throw FormatError(request_.file.name,
                        fmt::format("the hub sends more than the {} bytes that it promised; what "
                                    "came was deleted",
                                    promised()));
    }
    incomplete_.append(bytes);
    received_ += bytes.size();
    if (options_.progress) {
      options_.progress({stage_, incomplete_.bytes(), promised(), "bytes"});
    }
  }

  HubClient& client_;
  const BlobRequest& request_;
  const PullOptions& options_;
  std::string_view stage_;
  IncompleteFile incomplete_;
  std::uint64_t received_ = 0;
};

}  // namespace

std::uint64_t download_blob(HubClient& client, const BlobRequest& request,
                            const PullOptions& options) {
  const HubRepository& cache = *request.cache;
  const RemoteFile& file = request.file;
  const fs::path blob = cache.blob(file.etag);
  make_writable_folder(blob.parent_path());
  const std::string waiting = "waiting for another download of " + file.name;
  const FileLock lock(cache.blob_lock(file.etag), [&] {
    if (options.progress) options.progress({waiting, 0, file.bytes, "bytes"});
  });
  std::uint64_t received = 0;
  std::error_code error;
  const bool is_there =
      fs::is_regular_file(blob, error) && fs::file_size(blob, error) == file.bytes;
  if (!is_there) {
    const std::string stage = "downloading " + file.name;
    received = BlobDownload(client, request, options, stage).run();
  }
  cache.link_blob(request.commit, file.name, file.etag);
  return received;
}

}  // namespace headlens
