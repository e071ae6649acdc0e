#pragma once

#include <filesystem>

namespace headlens::cli {

/// A folder for states that nobody asked to keep.
class TemporaryFolder {
 public:
  /// @throws ResourceError  if it cannot be made
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace headlens::cli
