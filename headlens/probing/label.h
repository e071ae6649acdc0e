#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

namespace headlens {

/// What a word, a span or a sentence is labelled with: nothing, a class, or a real value.
using Label = std::variant<std::monostate, std::string, double>;

inline bool has_label(const Label& label) { return label.index() != 0; }

/// Null, a string or a number.
nlohmann::ordered_json to_json(const Label& label);

/// The inverse. Also takes true and false, as classes.
/// @throws FormatError  if the value is none of these; names the place
Label label_from_json(const nlohmann::json& value, const std::filesystem::path& place);

/// A class as a real value.
/// @throws FormatError  if the text is no finite number; names the place
double real_value(const std::string& text, const std::filesystem::path& place);

}  // namespace headlens
