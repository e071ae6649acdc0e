#include "benchmarks/worker/request.h"

#include <limits>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens::bench {
namespace {

constexpr std::string_view kSource = "request";

[[noreturn]] void wrong_type(std::string_view key, std::string_view expected) {
  throw UsageError("argument \"" + std::string(key) + "\" must be " + std::string(expected));
}

std::int32_t to_int32(const nlohmann::json& value, std::string_view key) {
  if (!value.is_number_integer()) wrong_type(key, "made of integers");
  const bool huge = value.is_number_unsigned() &&
                    value.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max();
  const std::int64_t number = huge ? -1 : value.get<std::int64_t>();
  if (huge || number < std::numeric_limits<std::int32_t>::min()) {
    wrong_type(key, "made of 32-bit integers");
  }
  return static_cast<std::int32_t>(number);
}

}  // namespace

Request::Request(std::string_view line) : object_(parse_json(line, kSource)) {
  if (!object_.is_object()) throw UsageError("a request must be a JSON object");
  if (const auto found = object_.find("args"); found != object_.end()) {
    if (!found->is_object()) wrong_type("args", "an object");
    arguments_ = *found;
  }
}

std::string Request::require_text(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) wrong_type(key, "there, as a string");
  return found->get<std::string>();
}

std::string Request::save_folder() const {
  return object_.contains("save") ? require_text(object_, "save") : "";
}

const nlohmann::json* Request::find(std::string_view key) const {
  const auto found = arguments_.find(key);
  return found == arguments_.end() || found->is_null() ? nullptr : &*found;
}

std::vector<std::int32_t> Request::integers(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr || !value->is_array()) wrong_type(key, "there, as a list of integers");
  std::vector<std::int32_t> numbers;
  for (const nlohmann::json& number : *value) numbers.push_back(to_int32(number, key));
  return numbers;
}

std::vector<std::string> Request::texts(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr || !value->is_array()) wrong_type(key, "there, as a list of strings");
  std::vector<std::string> found;
  for (const nlohmann::json& text : *value) {
    if (!text.is_string()) wrong_type(key, "made of strings");
    found.push_back(text.get<std::string>());
  }
  return found;
}

int Request::integer(std::string_view key, int otherwise) const {
  const nlohmann::json* value = find(key);
  return value == nullptr ? otherwise : to_int32(*value, key);
}

std::string Request::text(std::string_view key, std::string_view otherwise) const {
  return find(key) == nullptr ? std::string(otherwise) : require_text(arguments_, key);
}

}  // namespace headlens::bench
