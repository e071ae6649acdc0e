#include "headlens/probing/word_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

/// Bytes of the white space that the text begins with; 0 if it begins with something else.
std::size_t leading_space(std::string_view text) {
  // ASCII, no-break space, en quad to hair space, narrow no-break space, ideographic space.
  static constexpr std::array<std::string_view, 17> kSpaces = {
      " ",      "\t",     "\u00a0", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
      "\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u202f", "\u205f", "\u3000"};
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

}  // namespace

std::int64_t code_points(std::string_view text) {
  return std::ranges::count_if(text, begins_character);
}

std::string_view slice(std::string_view text, CharSpan span) {
  std::int64_t character = -1;
  std::size_t begin = text.size(), end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    ++character;
    if (character == span.begin) begin = i;
    if (character == span.end) {
      end = i;
      break;
    }
  }
  return text.substr(begin, std::max(begin, end) - begin);
}

std::vector<CharSpan> place_words(std::string_view text, std::span<const std::string> words,
                                  const std::filesystem::path& place) {
  std::vector<CharSpan> spans;
  std::int64_t at = 0;
  for (const std::string& word : words) {
    while (!text.starts_with(word)) {
      const std::size_t space = leading_space(text);
      if (space == 0) {
        throw FormatError(place.string(),
                          fmt::format("its text does not go on with the word {} at character {}",
                                      printable(word), at));
      }
      text.remove_prefix(space);
      ++at;
    }
    const std::int64_t length = code_points(word);
    spans.push_back({at, at + length});
    at += length;
    text.remove_prefix(word.size());
  }
  while (const std::size_t space = leading_space(text)) text.remove_prefix(space);
  if (!text.empty()) {
    throw FormatError(place.string(),
                      fmt::format("its text goes on after the last word: {}", printable(text)));
  }
  return spans;
}

JoinedWords join_words(std::span<const std::string> words) {
  JoinedWords joined;
  std::int64_t at = 0;
  for (const std::string& word : words) {
    if (!joined.text.empty()) {
      joined.text += ' ';
      ++at;
    }
    const std::int64_t length = code_points(word);
    joined.text += word;
    joined.spans.push_back({at, at + length});
    at += length;
  }
  return joined;
}

}  // namespace headlens
