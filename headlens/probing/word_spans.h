#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// Number of Unicode code points of UTF-8 text.
std::int64_t code_points(std::string_view text);

/// The part of a UTF-8 text that a span of code points covers; shorter where the text ends first.
std::string_view slice(std::string_view text, CharSpan span);

/// Where words lie in a text, one after another with nothing but white space between them.
/// @param place  named in errors, e.g. "dev.conllu, line 12"
/// @throws FormatError  naming the first word that the text does not go on with, or what is left
std::vector<CharSpan> place_words(std::string_view text, std::span<const std::string> words,
                                  const std::filesystem::path& place);

/// Words with one space between them, and where they lie in it.
struct JoinedWords {
  std::string text = {};
  std::vector<CharSpan> spans = {};
};
JoinedWords join_words(std::span<const std::string> words);

}  // namespace headlens
