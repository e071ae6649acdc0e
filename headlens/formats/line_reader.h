#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headlens {

/// The lines of a UTF-8 text, one after another. Memory is that of the longest line, so the file
/// may be larger than memory. A byte-order mark at the beginning is left out.
class LineReader {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{1} << 24;  ///< bytes

  /// @throws FormatError    if the file is missing or is not a regular file
  /// @throws ResourceError  if it cannot be opened
  explicit LineReader(const std::filesystem::path& path);
  /// Text in memory; `name` stands for the path in errors.
  LineReader(std::string text, std::filesystem::path name);

  /// The next line without its end; valid until the next call. Empty optional at the end.
  /// @throws FormatError    with path and line, if it is not UTF-8 or longer than kLongestLine
  /// @throws ResourceError  if reading fails
  std::optional<std::string_view> next();

  /// Of the line that next() gave last, from 1; 0 before the first.
  std::int64_t line() const { return line_; }
  /// How that line ended: "\n", "\r\n", or "" where the file ended first.
  std::string_view ending() const { return ending_; }
  const std::filesystem::path& path() const { return path_; }

  /// @throws FormatError  always: "path, line N: problem"
  [[noreturn]] void fail(std::string_view problem) const { fail_at(line_, problem); }
  [[noreturn]] void fail_at(std::int64_t line, std::string_view problem) const;

 private:
  bool fill();

  std::filesystem::path path_;
  std::unique_ptr<std::istream> source_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what next() has not given yet
  std::int64_t line_ = 0;
  std::string_view ending_;
};

/// "path, line N", the place that errors about a line name.
std::string place_of(const std::filesystem::path& path, std::int64_t line);

}  // namespace headlens
