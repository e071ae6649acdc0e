#include "headlens/base/resumable_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

ResumableLog::ResumableLog(const std::filesystem::path& path, std::string_view header)
    : path_(path) {
  const std::string text = std::filesystem::exists(path) ? read_whole(path) : "";
  std::size_t whole = 0;
  std::string_view rest = text;
  for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;) {
    lines_.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    whole += end + 1;
  }
  if (!lines_.empty() && lines_.front() != header) {
    throw UsageError(path.string() +
                     " belongs to other work: remove it, or choose another folder with --out");
  }
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(whole)) != 0 ||
      ::lseek(fd_, 0, SEEK_END) < 0) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw ResourceError(path.string() + " cannot be written: " + std::strerror(error));
  }
  if (lines_.empty()) {
    append(header);
  } else {
    lines_.erase(lines_.begin());
  }
}

ResumableLog::~ResumableLog() { ::close(fd_); }

void ResumableLog::append(std::string_view line) { write_all(std::string(line) + "\n"); }

void ResumableLog::write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw ResourceError(path_.string() + " cannot be written: " + std::strerror(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace headlens
