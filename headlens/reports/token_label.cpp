#include "headlens/reports/token_label.h"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <vector>

#include "headlens/results/utf8.h"

namespace headlens {
namespace {

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kNonJoiner = 0x200C;

bool is_variation_selector(char32_t c) { return c >= 0xFE00 && c <= 0xFE0F; }

bool is_invisible(char32_t c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
      return true;
    default:
      // Fillers that are letters by category but have no ink.
      return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0;
  }
}

bool is_right_to_left(char32_t c) {
  return (c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) ||
         (c >= 0xFE70 && c <= 0xFEFC) || (c >= 0x10800 && c <= 0x10FFF) ||
         (c >= 0x1E800 && c <= 0x1EFFF);
}

std::string label_of(const Utf8Unit& unit, bool first, bool last) {
  if (!unit.code_point) {
    std::string label;
    for (const char byte : unit.bytes) {
      label += fmt::format("⟨0x{:02X}⟩", static_cast<unsigned char>(byte));
    }
    return label;
  }
  const char32_t c = *unit.code_point;
  if (c == ' ') return "·";
  if (c == '\n') return "⏎";
  if (c == '\t') return "⇥";
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
    return fmt::format("⟨0x{:02X}⟩", static_cast<unsigned>(c));
  }
  // Inside a word these shape the letters beside them; alone they would not be seen.
  const bool joins = c == kJoiner || c == kNonJoiner || is_variation_selector(c);
  if (joins && !first && (!last || is_variation_selector(c))) return std::string(unit.bytes);
  if (joins || is_invisible(c)) return fmt::format("⟨U+{:04X}⟩", static_cast<unsigned>(c));
  if (first && g_unichar_ismark(c)) return "◌" + std::string(unit.bytes);
  return std::string(unit.bytes);
}

int width_of(char32_t c) {
  if (c == 0 || g_unichar_iszerowidth(c)) return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

int width_of(const Utf8Unit& unit) { return unit.code_point ? width_of(*unit.code_point) : 1; }

/// Units from the front that fit into `columns`, with the marks that belong to the last of them.
std::size_t prefix_length(const std::vector<Utf8Unit>& units, int columns) {
  std::size_t length = 0;
  int used = 0;
  while (length < units.size() && used + width_of(units[length]) <= columns) {
    used += width_of(units[length++]);
  }
  return length;
}

std::size_t suffix_start(const std::vector<Utf8Unit>& units, int columns) {
  std::size_t start = units.size();
  int used = 0;
  while (start > 0 && used + width_of(units[start - 1]) <= columns) {
    used += width_of(units[--start]);
  }
  while (start < units.size() && width_of(units[start]) == 0) ++start;
  return start;
}

std::string join(const std::vector<Utf8Unit>& units, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += units[i].bytes;
  return text;
}

std::string cut_in_the_middle(const std::string& label, int max_columns) {
  const std::vector<Utf8Unit> units = decode_utf8(label);
  const int front = max_columns / 2;
  return join(units, 0, prefix_length(units, front)) + "…" +
         join(units, suffix_start(units, max_columns - 1 - front), units.size());
}

}  // namespace

std::string token_label(std::string_view token, int max_columns) {
  if (token.empty()) return "∅";
  const std::vector<Utf8Unit> units = decode_utf8(token);
  const bool only_spaces = token.find_first_not_of(' ') == std::string_view::npos;
  std::string label;
  for (std::size_t i = 0; i < units.size(); ++i) {
    label += only_spaces ? "␣" : label_of(units[i], i == 0, i + 1 == units.size());
  }
  if (max_columns <= 0 || display_width(label) <= max_columns) return label;
  return cut_in_the_middle(label, max_columns);
}

std::string isolated(std::string_view label) {
  const std::vector<Utf8Unit> units = decode_utf8(label);
  const bool needed = std::ranges::any_of(units, [](const Utf8Unit& unit) {
    return unit.code_point && is_right_to_left(*unit.code_point);
  });
  if (!needed) return std::string(label);
  return "\u2068" + std::string(label) + "\u2069";
}

std::string file_name_line(std::string_view path, int max_columns) {
  return one_line(path.substr(path.find_last_of('/') + 1), max_columns);
}

std::string one_line(std::string_view text, int max_columns) {
  std::string line;
  bool after_space = false;
  for (const Utf8Unit& unit : decode_utf8(text)) {
    const bool space = unit.code_point == U' ';
    if (!space) {
      line += label_of(unit, false, false);
    } else if (!after_space) {
      line += ' ';
    }
    after_space = space;
  }
  return cut_at_end(line, max_columns);
}

std::string cut_at_end(std::string_view text, int max_columns) {
  if (display_width(text) <= max_columns) return std::string(text);
  const std::vector<Utf8Unit> units = decode_utf8(text);
  return join(units, 0, prefix_length(units, std::max(max_columns - 1, 0))) + "…";
}

int display_width(std::string_view text) {
  int width = 0;
  for (const Utf8Unit& unit : decode_utf8(text)) width += width_of(unit);
  return width;
}

}  // namespace headlens
