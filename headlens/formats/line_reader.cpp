#include "headlens/formats/line_reader.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::unique_ptr<std::istream> open_file(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw FormatError(path.string(), "no such file");
  if (!std::filesystem::is_regular_file(status)) {
    throw FormatError(path.string(), "not a regular file");
  }
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!file->is_open()) throw ResourceError(path.string() + ": cannot be opened");
  return file;
}

}  // namespace

std::string place_of(const std::filesystem::path& path, std::int64_t line) {
  return fmt::format("{}, line {}", path.string(), line);
}

LineReader::LineReader(const std::filesystem::path& path) : path_(path), source_(open_file(path)) {}

LineReader::LineReader(std::string text, std::filesystem::path name)
    : path_(std::move(name)), source_(std::make_unique<std::istringstream>(std::move(text))) {}

bool LineReader::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t held = buffer_.size();
  buffer_.resize(held + kChunk);
  source_->read(buffer_.data() + held, kChunk);
  buffer_.resize(held + static_cast<std::size_t>(source_->gcount()));
  if (source_->bad()) throw ResourceError(path_.string() + ": cannot be read");
  return buffer_.size() > held;
}

std::optional<std::string_view> LineReader::next() {
  std::size_t searched = 0, end;
  while ((end = buffer_.find('\n', begin_ + searched)) == std::string::npos) {
    searched = buffer_.size() - begin_;
    if (searched > kLongestLine || !fill()) break;
  }
  const bool ended = end != std::string::npos;
  std::string_view text = std::string_view(buffer_).substr(begin_, ended ? end - begin_ : end);
  if (!ended && text.empty()) return std::nullopt;
  ++line_;
  if (text.size() > kLongestLine) {
    fail(fmt::format("is longer than {} bytes; is this a text file?", kLongestLine));
  }
  begin_ += text.size() + (ended ? 1 : 0);
  const bool carriage_return = ended && text.ends_with('\r');
  ending_ = !ended ? "" : carriage_return ? "\r\n" : "\n";
  if (carriage_return) text.remove_suffix(1);
  if (line_ == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!is_utf8(text)) fail("is not UTF-8");
  return text;
}

void LineReader::fail_at(std::int64_t line, std::string_view problem) const {
  throw FormatError(place_of(path_, line), problem);
}

}  // namespace headlens
