#include "headlens/hub/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "headlens/base/atomic_file.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"

namespace headlens {

FileLock::FileLock(const std::filesystem::path& path, const std::function<void()>& while_waiting) {
  constexpr mode_t kOrdinaryMode = 0666;
  constexpr std::chrono::milliseconds kPoll{50};
  make_writable_folder(path.parent_path());
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOrdinaryMode);
  if (fd_ < 0) {
    throw ResourceError(path.string() + ": cannot be locked: " + std::strerror(errno));
  }
  try {
    while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        throw ResourceError(path.string() + ": cannot be locked: " + std::strerror(errno));
      }
      check_cancellation();
      if (while_waiting) while_waiting();
      std::this_thread::sleep_for(kPoll);
    }
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace headlens
