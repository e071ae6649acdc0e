#pragma once

#include <string>
#include <string_view>

namespace headlens {

/// How a token is shown to people, always on one line and always visible: spaces as "·", newlines
/// as "⏎", tabs as "⇥", broken UTF-8 and control characters as "⟨0xE2⟩", other invisible characters
/// as "⟨U+200B⟩", a leading combining mark on a dotted circle, the empty token as "∅".
/// @param max_columns  longer labels are cut in the middle with "…"; 0 means never
std::string token_label(std::string_view token, int max_columns = 0);

/// A label inside Unicode isolates where it holds right-to-left characters, so that it cannot
/// reorder what stands beside it.
std::string isolated(std::string_view label);

/// Text on one line, with "…" at the end if it is wider than `max_columns`. Line breaks are shown
/// as "⏎", runs of spaces as one.
std::string one_line(std::string_view text, int max_columns);

/// The name of a file without its folders, as one_line().
std::string file_name_line(std::string_view path, int max_columns);

/// `text` as it is, with "…" at the end if it is wider than `max_columns`.
std::string cut_at_end(std::string_view text, int max_columns);

/// Columns that `text` takes in a terminal: 2 for wide characters, 0 for combining ones.
int display_width(std::string_view text);

}  // namespace headlens
