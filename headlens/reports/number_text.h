#pragma once

#include <string>

namespace headlens {

/// Four decimals, or two significant digits where those would hide the number: "0.7725", "4.2e-05".
std::string number_text(double value);
/// The same with its sign: "+0.0031", "-4.2e-05".
std::string change_text(double value);

}  // namespace headlens
