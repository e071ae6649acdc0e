#pragma once

#include <string>
#include <string_view>

namespace headlens {

/// Breaks text at blanks into lines of at most `width` bytes, each ending in "\n"; longer words
/// have a line of their own.
std::string wrapped_text(std::string_view text, int width);

}  // namespace headlens
