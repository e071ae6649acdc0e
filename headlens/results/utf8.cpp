#include "headlens/results/utf8.h"

#include <algorithm>

namespace headlens {
namespace {

struct LeadByte {
  std::size_t length = 0;            // of the whole character; 0 if this byte cannot start one
  unsigned char second_low = 0x80;   // allowed range of the second byte, which rules out
  unsigned char second_high = 0xBF;  // overlong forms, surrogates and values past U+10FFFF
  char32_t bits = 0;
};

LeadByte classify(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0, byte};
  if (byte < 0xC2 || byte > 0xF4) return {};
  if (byte < 0xE0) return {2, 0x80, 0xBF, static_cast<char32_t>(byte & 0x1F)};
  if (byte < 0xF0) {
    const unsigned char low = byte == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = byte == 0xED ? 0x9F : 0xBF;
    return {3, low, high, static_cast<char32_t>(byte & 0x0F)};
  }
  const unsigned char low = byte == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = byte == 0xF4 ? 0x8F : 0xBF;
  return {4, low, high, static_cast<char32_t>(byte & 0x07)};
}

Utf8Unit decode_first(std::string_view text) {
  const LeadByte lead = classify(static_cast<unsigned char>(text[0]));
  if (lead.length == 0) return {std::nullopt, text.substr(0, 1)};
  char32_t code_point = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i >= text.size()) return {std::nullopt, text};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? lead.second_low : 0x80;
    const unsigned char high = i == 1 ? lead.second_high : 0xBF;
    if (byte < low || byte > high) return {std::nullopt, text.substr(0, i)};
    code_point = code_point << 6 | (byte & 0x3F);
  }
  return {code_point, text.substr(0, lead.length)};
}

}  // namespace

std::vector<Utf8Unit> decode_utf8(std::string_view text) {
  std::vector<Utf8Unit> units;
  units.reserve(text.size());
  while (!text.empty()) {
    units.push_back(decode_first(text));
    text.remove_prefix(units.back().bytes.size());
  }
  return units;
}

bool is_valid_utf8(std::string_view text) {
  return std::ranges::all_of(decode_utf8(text),
                             [](const Utf8Unit& unit) { return unit.code_point.has_value(); });
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (const Utf8Unit& unit : decode_utf8(text)) {
    valid += unit.code_point ? unit.bytes : std::string_view("\xEF\xBF\xBD");
  }
  return valid;
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace headlens
