#include "headlens/models/config_reader.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

constexpr std::int64_t kLargestSize = std::int64_t{1} << 31;
constexpr std::int64_t kMostLayers = 4096;
constexpr std::int64_t kMostLabels = std::int64_t{1} << 20;

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view key,
                         std::int64_t value) {
  throw FormatError(
      path, std::string(key) + " is " + std::to_string(value) + ", which no model can have");
}

constexpr std::array<std::pair<std::string_view, Activation>, 9> kActivations{{
    {"gelu", Activation::gelu},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_python", Activation::gelu},
    {"relu", Activation::relu},
    {"silu", Activation::silu},
    {"swish", Activation::silu},
    {"tanh", Activation::tanh},
}};

}  // namespace

std::int64_t ConfigReader::size(std::string_view key) const {
  const std::int64_t value = require_integer(config_, key, path_);
  if (value < 1 || value > kLargestSize) refuse(path_, key, value);
  return value;
}

std::int64_t ConfigReader::layer_count(std::string_view key) const {
  const std::int64_t value = size(key);
  if (value > kMostLayers) refuse(path_, key, value);
  return value;
}

std::int64_t ConfigReader::size_or(std::string_view key, std::int64_t fallback) const {
  return optional_integer(config_, key, path_) ? size(key) : fallback;
}

double ConfigReader::number_or(std::string_view key, double fallback) const {
  return optional_number(config_, key, path_).value_or(fallback);
}

bool ConfigReader::flag_or(std::string_view key, bool fallback) const {
  return optional_boolean(config_, key, path_).value_or(fallback);
}

std::optional<std::string> ConfigReader::text(std::string_view key) const {
  return optional_string(config_, key, path_);
}

std::optional<std::int64_t> ConfigReader::integer(std::string_view key) const {
  return optional_integer(config_, key, path_);
}

Activation ConfigReader::activation(std::string_view key, std::string_view fallback) const {
  const std::string name = text(key).value_or(std::string(fallback));
  for (const auto& [known, activation] : kActivations) {
    if (known == name) return activation;
  }
  std::string supported;
  for (const auto& [known, activation] : kActivations) {
    supported += (supported.empty() ? "" : ", ") + std::string(known);
  }
  throw UnsupportedError(path_.string() + ": activation \"" + name + "\" (" + std::string(key) +
                         ") is not supported; supported are " + supported);
}

std::vector<std::string> ConfigReader::labels() const {
  std::int64_t count = size_or("num_labels", 2);
  if (count > kMostLabels) refuse(path_, "num_labels", count);
  const nlohmann::json* names = optional_object(config_, "id2label", path_);
  if (names != nullptr && !names->empty()) count = static_cast<std::int64_t>(names->size());
  std::vector<std::string> labels;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string key = std::to_string(i);
    const bool named = names != nullptr && names->contains(key) && (*names)[key].is_string();
    labels.push_back(named ? (*names)[key].get<std::string>() : "LABEL_" + key);
  }
  return labels;
}

std::string ConfigReader::architecture() const {
  const nlohmann::json* names = optional_array(config_, "architectures", path_);
  if (names == nullptr || names->empty() || !names->front().is_string()) return {};
  return names->front().get<std::string>();
}

}  // namespace headlens
