#include "headlens/formats/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <vector>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

using nlohmann::json;

/// Watches a document being parsed for depth and for keys that an object has twice.
class Watcher {
 public:
  Watcher(const std::filesystem::path& path, int max_depth) : path_(path), max_depth_(max_depth) {}

  void see(int depth, json::parse_event_t event, const json& parsed) {
    if (depth >= max_depth_) {
      throw FormatError(path_.string(), fmt::format("nested deeper than {} levels", max_depth_));
    }
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event != json::parse_event_t::key) return;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!keys_.back().insert(key).second) {
      throw FormatError(path_.string(), "an object has the key " + printable(key) + " twice");
    }
  }

 private:
  const std::filesystem::path& path_;
  int max_depth_;
  std::vector<std::unordered_set<std::string>> keys_;
};

void refuse_size(std::uint64_t bytes, const std::filesystem::path& path, const JsonLimits& limits) {
  if (bytes > limits.max_bytes) {
    throw FormatError(path.string(), fmt::format("{} bytes of JSON; at most {} are read", bytes,
                                                 limits.max_bytes));
  }
}

/// Null if absent or null.
const json* member(const json& object, std::string_view key, const std::filesystem::path& path) {
  if (!object.is_object()) {
    throw FormatError(path.string(), fmt::format("an object with the key {} was expected, not {}",
                                                 printable(key), object.type_name()));
  }
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void wrong_type(const json& value, std::string_view key, std::string_view wanted,
                             const std::filesystem::path& path) {
  constexpr auto kReplace = json::error_handler_t::replace;
  std::string shown = value.type_name();
  if (value.is_primitive()) shown += " " + printable(value.dump(-1, ' ', false, kReplace));
  throw FormatError(path.string(),
                    fmt::format("{} must be {}, not {}", printable(key), wanted, shown));
}

template <typename T>
T require(std::optional<T> value, std::string_view key, const std::filesystem::path& path) {
  if (!value) throw FormatError(path.string(), printable(key) + " is missing");
  return *std::move(value);
}

const json& require(const json* value, std::string_view key, const std::filesystem::path& path) {
  if (value == nullptr) throw FormatError(path.string(), printable(key) + " is missing");
  return *value;
}

}  // namespace

void throw_json_error(const std::filesystem::path& path, std::string_view text,
                      std::size_t position, std::string_view message) {
  const std::size_t byte = std::min(position == 0 ? 0 : position - 1, text.size());
  const std::string_view before = text.substr(0, byte);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;
  constexpr std::string_view kDetail = "column ";
  constexpr std::size_t kLongestDetail = 160;  // It quotes the file.
  if (const auto at = message.find(kDetail); at != std::string_view::npos) {
    message.remove_prefix(std::min(message.find(": ", at) + 2, message.size()));
  }
  throw FormatError(path.string(), byte,
                    fmt::format("not valid JSON at line {}, column {}: {}", line,
                                byte - line_start + 1, printable(message, kLongestDetail)));
}

json parse_json(std::string_view text, const std::filesystem::path& name,
                const JsonLimits& limits) {
  refuse_size(text.size(), name, limits);
  Watcher watcher(name, limits.max_depth);
  try {
    return json::parse(text, [&](int depth, json::parse_event_t event, json& parsed) {
      watcher.see(depth, event, parsed);
      return true;
    });
  } catch (const json::parse_error& error) {
    throw_json_error(name, text, error.byte, error.what());
  } catch (const json::exception& error) {
    throw FormatError(name.string(), std::string("not valid JSON: ") + error.what());
  }
}

json read_json(const std::filesystem::path& path, const JsonLimits& limits) {
  const MappedFile file(path);
  refuse_size(file.bytes().size(), path, limits);
  const char* text = reinterpret_cast<const char*>(file.bytes().data());
  return parse_json({text, file.bytes().size()}, path, limits);
}

std::optional<std::int64_t> optional_integer(const json& object, std::string_view key,
                                             const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value == nullptr) return std::nullopt;
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  const bool too_large = value->is_number_unsigned() &&
                         value->get<std::uint64_t>() > static_cast<std::uint64_t>(kLargest);
  if (!value->is_number_integer() || too_large) wrong_type(*value, key, "an integer", path);
  return value->get<std::int64_t>();
}

std::optional<double> optional_number(const json& object, std::string_view key,
                                      const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) wrong_type(*value, key, "a number", path);
  return value->get<double>();
}

std::optional<bool> optional_boolean(const json& object, std::string_view key,
                                     const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) wrong_type(*value, key, "true or false", path);
  return value->get<bool>();
}

std::optional<std::string> optional_string(const json& object, std::string_view key,
                                           const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) wrong_type(*value, key, "a string", path);
  return value->get<std::string>();
}

const json* optional_object(const json& object, std::string_view key,
                            const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value != nullptr && !value->is_object()) wrong_type(*value, key, "an object", path);
  return value;
}

const json* optional_array(const json& object, std::string_view key,
                           const std::filesystem::path& path) {
  const json* value = member(object, key, path);
  if (value != nullptr && !value->is_array()) wrong_type(*value, key, "an array", path);
  return value;
}

std::int64_t require_integer(const json& object, std::string_view key,
                             const std::filesystem::path& path) {
  return require(optional_integer(object, key, path), key, path);
}

double require_number(const json& object, std::string_view key, const std::filesystem::path& path) {
  return require(optional_number(object, key, path), key, path);
}

bool require_boolean(const json& object, std::string_view key, const std::filesystem::path& path) {
  return require(optional_boolean(object, key, path), key, path);
}

std::string require_string(const json& object, std::string_view key,
                           const std::filesystem::path& path) {
  return require(optional_string(object, key, path), key, path);
}

const json& require_object(const json& object, std::string_view key,
                           const std::filesystem::path& path) {
  return require(optional_object(object, key, path), key, path);
}

const json& require_array(const json& object, std::string_view key,
                          const std::filesystem::path& path) {
  return require(optional_array(object, key, path), key, path);
}

}  // namespace headlens
