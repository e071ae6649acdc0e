#include "headlens/formats/printable.h"

#include <fmt/format.h>

#include <cstdint>

namespace headlens {

std::string printable(std::string_view text, std::size_t longest) {
  if (text.empty()) return "\"\"";
  std::string result;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  if (text.size() > longest) result += "...";
  return result;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int following = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (following == 0 || lead > 0xf4) return false;
    if (text.size() - i < static_cast<std::size_t>(following)) return false;
    std::uint32_t code = lead & (0x3fu >> following);
    for (int k = 0; k < following; ++k) {
      const auto next = static_cast<unsigned char>(text[i++]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[following] || code > 0x10ffff) return false;
    if (code >= 0xd800 && code < 0xe000) return false;
  }
  return true;
}

}  // namespace headlens
