#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headlens {

/// Four decimals, or two significant digits where those would hide the number: "0.7725", "4.2e-05".
std::string number_text(double value);
/// The same with its sign: "+0.0031", "-4.2e-05".
std::string change_text(double value);
/// "1 layer", "3 layers"; for nouns that only take an s.
std::string count_text(std::int64_t count, std::string_view noun);

}  // namespace headlens
