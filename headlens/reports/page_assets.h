#pragma once

#include <string_view>

namespace headlens {

/// The files of html/, embedded by html/embed.cmake.
extern const std::string_view kPageTemplate;
extern const std::string_view kPageStyles;
extern const std::string_view kPageScripts;

}  // namespace headlens
