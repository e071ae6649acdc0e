#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace headlens::bench {

/// One line of standard input, read as peers/README.md describes it. Getters throw UsageError for
/// arguments that are missing or of another type.
class Request {
 public:
  /// @throws FormatError, UsageError  if the line is not a JSON object with a case
  explicit Request(std::string_view line);

  std::string case_name() const { return require_text(object_, "case"); }
  std::string model() const { return require_text(object_, "model"); }
  /// Where arrays go; empty if none are wanted.
  std::string save_folder() const;

  std::vector<std::int32_t> ids() const { return integers("ids"); }
  std::vector<std::int32_t> integers(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  int integer(std::string_view key, int otherwise) const;
  std::string text(std::string_view key, std::string_view otherwise) const;

 private:
  static std::string require_text(const nlohmann::json& object, std::string_view key);
  const nlohmann::json* find(std::string_view key) const;

  nlohmann::json object_;
  nlohmann::json arguments_ = nlohmann::json::object();
};

}  // namespace headlens::bench
