#include "headlens/formats/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

constexpr std::size_t kMostAxes = 64;

class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::filesystem::path& path)
      : text_(text), path_(path) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      parse_item();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("has text after its end");
    for (const char* key : {"descr", "fortran_order", "shape"}) {
      if (!seen_.contains(key)) fail(fmt::format("lacks '{}'", key));
    }
    return std::move(header_);
  }

 private:
  void parse_item() {
    const std::string key = parse_string();
    if (!seen_.insert(key).second) fail("has the key " + printable(key) + " twice");
    expect(':');
    if (key == "descr") {
      skip_spaces();
      if (at_ < text_.size() && text_[at_] == '[') {
        throw UnsupportedError(path_.string() + ": structured numpy arrays are not supported");
      }
      header_.descr = parse_string();
    } else if (key == "fortran_order") {
      header_.fortran_order = parse_boolean();
    } else if (key == "shape") {
      header_.shape = parse_tuple();
    } else {
      fail("has the unknown key " + printable(key));
    }
  }

  std::string parse_string() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("lacks a string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("has an open string");
    const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(content);
  }

  bool parse_boolean() {
    skip_spaces();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    fail("has a 'fortran_order' that is neither True nor False");
  }

  Shape parse_tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      if (shape.size() == kMostAxes) fail(fmt::format("has more than {} axes", kMostAxes));
      shape.push_back(parse_size());
      const bool comma = accept(',');
      if (shape.size() == 1 && !comma) fail("has a 'shape' that is no tuple");
      if (!comma) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::int64_t parse_size() {
    skip_spaces();
    std::int64_t size = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, size);
    if (error != std::errc{} || size < 0) {
      fail("has a size in 'shape' that is not an integer from 0 to 2^63 - 1");
    }
    at_ = static_cast<std::size_t>(stop - text_.data());
    accept('L');  // Python 2 wrote long integers so.
    return size;
  }

  void skip_spaces() {
    constexpr std::string_view kSpaces = " \t\r\n";
    while (at_ < text_.size() && kSpaces.find(text_[at_]) != std::string_view::npos) ++at_;
  }

  bool accept(char wanted) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("lacks '{}' at its byte {}", wanted, at_));
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw FormatError(path_.string(), fmt::format("the .npy header {}", problem));
  }

  std::string_view text_;
  const std::filesystem::path& path_;
  std::size_t at_ = 0;
  std::set<std::string, std::less<>> seen_;
  NpyHeader header_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::filesystem::path& path) {
  return HeaderParser(text, path).parse();
}

std::string npy_header_text(const Shape& shape) {
  std::string tuple = fmt::format("({}", fmt::join(shape, ", "));
  tuple += shape.size() == 1 ? ",)" : ")";
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + tuple + ", }";
  // numpy leaves room for the first size to grow in place, then aligns the data to 64 bytes.
  constexpr std::size_t kGrowthDigits = 21, kAlignment = 64, kPrefixBytes = 10;
  if (!shape.empty()) text.append(kGrowthDigits - std::to_string(shape[0]).size(), ' ');
  text.append(kAlignment - (kPrefixBytes + text.size() + 1) % kAlignment, ' ');
  return text + "\n";
}

}  // namespace headlens
