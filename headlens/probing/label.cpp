#include "headlens/probing/label.h"

#include <charconv>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {

nlohmann::ordered_json to_json(const Label& label) {
  if (const auto* name = std::get_if<std::string>(&label)) return *name;
  if (const auto* value = std::get_if<double>(&label)) return *value;
  return nullptr;
}

Label label_from_json(const nlohmann::json& value, const std::filesystem::path& place) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  if (value.is_number()) return value.get<double>();
  throw FormatError(place.string(), std::string("a label must be a string, a number, true, false "
                                                "or null, not ") +
                                        value.type_name());
}

double real_value(const std::string& text, const std::filesystem::path& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    throw FormatError(place.string(), "the label " + printable(text) + " is no number");
  }
  return value;
}

}  // namespace headlens
