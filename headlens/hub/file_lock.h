#pragma once

#include <filesystem>
#include <functional>

namespace headlens {

/// Holds a lock file for as long as it lives (flock, so it ends with the process whatever happens).
/// The file itself stays, as others may be waiting on it.
class FileLock {
 public:
  /// Waits until nobody else holds the lock, calling `while_waiting` now and then.
  /// @throws ResourceError   if the lock file cannot be made
  /// @throws CancelledError  if cancellation is requested while it waits
  explicit FileLock(const std::filesystem::path& path,
                    const std::function<void()>& while_waiting = {});
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace headlens
