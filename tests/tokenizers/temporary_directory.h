#pragma once

#include <filesystem>
#include <string_view>

namespace headlens {

/// An empty folder that is removed with everything in it at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(std::string_view name, std::string_view text) const;
  void copy(const std::filesystem::path& file) const;

 private:
  std::filesystem::path path_;
};

}  // namespace headlens
