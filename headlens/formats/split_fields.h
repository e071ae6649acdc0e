#pragma once

#include <string_view>
#include <vector>

namespace headlens {

/// The parts between separators, empty ones too; always at least one.
std::vector<std::string_view> split_fields(std::string_view line, char separator);

/// The parts between runs of spaces and tabs, none of them empty.
std::vector<std::string_view> split_blanks(std::string_view line);

}  // namespace headlens
