#include "headlens/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view action, int error) {
  throw ResourceError(path.string() + ": " + std::string(action) + ": " + std::strerror(error));
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path, Sha256* hash) : path_(path), hash_(hash) {
  std::string pattern = path.string() + ".partial-XXXXXX";
  fd_ = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (fd_ < 0) fail(path, "cannot be created", errno);
  temporary_ = pattern;
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  // So little that it is still in cache when it is hashed after it was written.
  constexpr std::size_t kPiece = std::size_t{1} << 18;
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), std::min(kPiece, bytes.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "cannot be written", errno);
    const auto n = static_cast<std::size_t>(written);
    if (hash_ != nullptr) hash_->update(bytes.first(n));
    bytes = bytes.subspan(n);
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  constexpr mode_t kOrdinaryMode = 0666;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(fd_, kOrdinaryMode & ~mask);
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail(path_, "cannot be written", error);
  }
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

std::vector<std::filesystem::path> make_writable_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> made;
  for (std::filesystem::path missing = folder;
       missing.has_relative_path() && !std::filesystem::exists(missing, error);
       missing = missing.parent_path()) {
    made.insert(made.begin(), missing);
  }
  error.clear();
  std::filesystem::create_directories(folder, error);
  if (error) fail(folder, "cannot be made a folder", error.value());
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    fail(folder, "folder cannot be written to", errno);
  return made;
}

}  // namespace headlens
