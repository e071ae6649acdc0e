#pragma once

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/kernels/activation.h"

namespace headlens {

/// Typed reading of a model's config.json. Every getter throws FormatError naming key and file if
/// a value has the wrong type or makes no sense. Does not own the JSON.
class ConfigReader {
 public:
  ConfigReader(const nlohmann::json& config, std::filesystem::path path)
      : config_(config), path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  const nlohmann::json& json() const { return config_; }

  /// A count of something: required to be from 1 to a few billions.
  std::int64_t size(std::string_view key) const;
  std::int64_t size_or(std::string_view key, std::int64_t fallback) const;
  /// Blocks of a model: required to be from 1 to some thousands.
  std::int64_t layer_count(std::string_view key) const;
  double number_or(std::string_view key, double fallback) const;
  bool flag_or(std::string_view key, bool fallback) const;
  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;

  /// @throws UnsupportedError  if this version has no such activation
  Activation activation(std::string_view key, std::string_view fallback) const;

  /// Class names by index, from id2label; numbered if there are none.
  std::vector<std::string> labels() const;
  std::string architecture() const;  ///< first of "architectures"; empty if none

 private:
  const nlohmann::json& config_;
  std::filesystem::path path_;
};

}  // namespace headlens
