#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// A file of lines that long work appends to as it goes, and goes on from when it is started again.
/// The first line says what the work is. A last line that was cut off is taken back.
class ResumableLog {
 public:
  /// @param header  one line
  /// @throws UsageError     if the file belongs to other work
  /// @throws ResourceError  if it cannot be read or written
  ResumableLog(const std::filesystem::path& path, std::string_view header);
  ~ResumableLog();
  ResumableLog(const ResumableLog&) = delete;
  ResumableLog& operator=(const ResumableLog&) = delete;

  /// Whole lines after the header that were there when it was opened.
  const std::vector<std::string>& lines() const { return lines_; }

  /// Appends a line; it is on its way to the disk when this returns.
  /// @throws ResourceError  if the disk is full or the write fails
  void append(std::string_view line);

 private:
  void write_all(std::string_view text);

  std::filesystem::path path_;
  std::vector<std::string> lines_;
  int fd_ = -1;
};

}  // namespace headlens
