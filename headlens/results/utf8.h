#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// A Unicode character, or bytes that are none.
struct Utf8Unit {
  std::optional<char32_t> code_point;  ///< nothing if `bytes` are not valid UTF-8
  std::string_view bytes;              ///< part of the decoded text
};

/// Splits text that may hold broken UTF-8 (a token is often part of a character). Every maximal
/// broken prefix is one unit, as Unicode 15 section 3.9 recommends. Views point into `text`.
std::vector<Utf8Unit> decode_utf8(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// `text` with U+FFFD in place of every broken unit.
std::string replace_invalid_utf8(std::string_view text);

/// Appends the UTF-8 form of one code point.
void append_utf8(std::string& out, char32_t code_point);

/// Two lower-case digits a byte.
std::string to_hex(std::string_view bytes);

}  // namespace headlens
