#include "tests/results/schema_checker.h"

#include <fstream>
#include <regex>
#include <set>
#include <stdexcept>

namespace headlens {
namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no schema " + path.string());
  return json::parse(file);
}

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  throw std::runtime_error("unknown type " + type);
}

class Checker {
 public:
  explicit Checker(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void check(const json& value, const json& schema, const json& root, const std::string& place) {
    require_known_keywords(schema);
    if (schema.contains("$ref")) check_reference(value, schema.at("$ref"), root, place);
    check_value(value, schema, place);
    if (value.is_object()) check_object(value, schema, root, place);
    if (value.is_array()) check_array(value, schema, root, place);
    if (schema.contains("anyOf")) check_any(value, schema.at("anyOf"), root, place);
  }

  std::vector<std::string> violations;

 private:
  static void require_known_keywords(const json& schema) {
    static const std::set<std::string> known = {
        "$schema", "$id",      "$defs",    "$ref",     "title",      "description",
        "type",    "const",    "enum",     "required", "properties", "additionalProperties",
        "items",   "minItems", "maxItems", "minimum",  "pattern",    "anyOf"};
    for (const auto& [keyword, ignored] : schema.items()) {
      if (!known.contains(keyword)) throw std::runtime_error("unknown keyword " + keyword);
    }
  }

  void expect(bool holds, const std::string& place, const std::string& problem) {
    if (!holds) violations.push_back(place + ": " + problem);
  }

  void check_reference(const json& value, const std::string& reference, const json& root,
                       const std::string& place) {
    const std::size_t hash = reference.find('#');
    const std::string file = reference.substr(0, hash);
    const json other = file.empty() ? root : read_json(folder_ / file);
    const std::string pointer = hash == std::string::npos ? "" : reference.substr(hash + 1);
    check(value, other.at(json::json_pointer(pointer)), other, place);
  }

  void check_value(const json& value, const json& schema, const std::string& place) {
    if (schema.contains("type")) {
      const json& type = schema.at("type");
      bool matches = false;
      for (const json& one : type.is_array() ? type : json::array({type})) {
        matches = matches || has_type(value, one);
      }
      expect(matches, place, "is " + std::string(value.type_name()) + ", not " + type.dump());
    }
    if (schema.contains("const")) expect(value == schema.at("const"), place, "has another value");
    if (schema.contains("enum")) {
      const json& values = schema.at("enum");
      expect(std::find(values.begin(), values.end(), value) != values.end(), place, "not in enum");
    }
    if (schema.contains("minimum") && value.is_number()) {
      expect(value >= schema.at("minimum"), place, "is too small");
    }
    if (schema.contains("pattern") && value.is_string()) {
      const std::regex pattern(schema.at("pattern").get<std::string>());
      expect(std::regex_search(value.get<std::string>(), pattern), place, "breaks the pattern");
    }
  }

  void check_object(const json& value, const json& schema, const json& root,
                    const std::string& place) {
    for (const json& key : schema.value("required", json::array())) {
      expect(value.contains(key), place, "lacks " + key.get<std::string>());
    }
    const json properties = schema.value("properties", json::object());
    for (const auto& [key, item] : value.items()) {
      if (properties.contains(key)) {
        check(item, properties.at(key), root, place + "/" + key);
      } else {
        expect(schema.value("additionalProperties", true), place, "has the unknown key " + key);
      }
    }
  }

  void check_array(const json& value, const json& schema, const json& root,
                   const std::string& place) {
    expect(value.size() >= schema.value("minItems", std::size_t{0}), place, "has too few items");
    expect(value.size() <= schema.value("maxItems", value.size()), place, "has too many items");
    if (!schema.contains("items")) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      check(value[i], schema.at("items"), root, place + "/" + std::to_string(i));
    }
  }

  void check_any(const json& value, const json& choices, const json& root,
                 const std::string& place) {
    for (const json& choice : choices) {
      Checker attempt(folder_);
      attempt.check(value, choice, root, place);
      if (attempt.violations.empty()) return;
    }
    expect(false, place, "fits none of the choices");
  }

  std::filesystem::path folder_;
};

}  // namespace

std::vector<std::string> schema_violations(const json& document, const json& schema,
                                           const std::filesystem::path& folder) {
  Checker checker(folder);
  checker.check(document, schema, schema, "");
  return checker.violations;
}

std::vector<std::string> schema_violations(const json& document,
                                           const std::filesystem::path& schema_file) {
  return schema_violations(document, read_json(schema_file), schema_file.parent_path());
}

}  // namespace headlens
