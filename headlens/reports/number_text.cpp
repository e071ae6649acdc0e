#include "headlens/reports/number_text.h"

#include <fmt/format.h>

#include <cmath>

namespace headlens {
namespace {

bool is_hidden(double value) { return value != 0 && std::abs(value) < 0.0005; }

}  // namespace

std::string number_text(double value) {
  return is_hidden(value) ? fmt::format("{:.1e}", value) : fmt::format("{:.4f}", value);
}

std::string change_text(double value) {
  return is_hidden(value) ? fmt::format("{:+.1e}", value) : fmt::format("{:+.4f}", value);
}

std::string count_text(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace headlens
