#include "headlens/formats/gguf.h"

#include <limits>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"

namespace headlens {

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

void GgufFile::wrong_type(std::string_view key, std::string_view wanted) const {
  throw FormatError(path_.string(), fmt::format("metadata {} must be {}, not {}", printable(key),
                                                wanted, describe(*find(key))));
}

template <typename T>
T GgufFile::require(std::optional<T> value, std::string_view key) const {
  if (!value) {
    throw FormatError(path_.string(), fmt::format("metadata {} is missing", printable(key)));
  }
  return *std::move(value);
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* signed_value = std::get_if<std::int64_t>(value)) return *signed_value;
  const auto* unsigned_value = std::get_if<std::uint64_t>(value);
  if (unsigned_value == nullptr) wrong_type(key, "an integer");
  if (*unsigned_value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    wrong_type(key, "an integer of at most 63 bits");
  }
  return static_cast<std::int64_t>(*unsigned_value);
}

std::optional<double> GgufFile::number(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* real = std::get_if<double>(value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(value)) return static_cast<double>(*integer);
  if (const auto* natural = std::get_if<std::uint64_t>(value)) {
    return static_cast<double>(*natural);
  }
  wrong_type(key, "a number");
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* boolean = std::get_if<bool>(value);
  if (boolean == nullptr) wrong_type(key, "a boolean");
  return *boolean;
}

std::optional<std::string_view> GgufFile::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* string = std::get_if<std::string_view>(value);
  if (string == nullptr) wrong_type(key, "a string");
  return *string;
}

std::optional<std::span<const std::string_view>> GgufFile::strings(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* strings = std::get_if<GgufStrings>(value);
  if (strings == nullptr) wrong_type(key, "an array of strings");
  return std::span<const std::string_view>(*strings);
}

std::optional<std::vector<std::int64_t>> GgufFile::integers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* numbers = std::get_if<GgufNumbers>(value);
  if (numbers == nullptr) wrong_type(key, "an array of integers");
  if (!is_integer_type(numbers->type)) {
    wrong_type(key, fmt::format("an array of integers (it holds {})", name_of(numbers->type)));
  }
  return to_integers(*numbers, "metadata " + printable(key), path_);
}

std::optional<std::vector<double>> GgufFile::numbers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* numbers = std::get_if<GgufNumbers>(value);
  if (numbers == nullptr || numbers->type == GgufType::boolean) {
    wrong_type(key, "an array of numbers");
  }
  return to_numbers(*numbers);
}

std::int64_t GgufFile::require_integer(std::string_view key) const {
  return require(integer(key), key);
}
double GgufFile::require_number(std::string_view key) const { return require(number(key), key); }
bool GgufFile::require_boolean(std::string_view key) const { return require(boolean(key), key); }
std::string_view GgufFile::require_string(std::string_view key) const {
  return require(string(key), key);
}
std::span<const std::string_view> GgufFile::require_strings(std::string_view key) const {
  return require(strings(key), key);
}
std::vector<std::int64_t> GgufFile::require_integers(std::string_view key) const {
  return require(integers(key), key);
}
std::vector<double> GgufFile::require_numbers(std::string_view key) const {
  return require(numbers(key), key);
}

}  // namespace headlens
