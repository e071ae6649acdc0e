#include "headlens/models/rotary_frequencies.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

constexpr std::int64_t kMostRotaryDims = 1 << 16;

/// Llama 3.1's scaling: long wavelengths are divided by `factor`, short ones kept, those between
/// blended (as Transformers' _compute_llama3_parameters).
void scale_llama3(std::vector<double>& frequencies, const nlohmann::json& settings,
                  const std::filesystem::path& path) {
  const double factor = require_number(settings, "factor", path);
  const double low = require_number(settings, "low_freq_factor", path);
  const double high = require_number(settings, "high_freq_factor", path);
  const double context = require_number(settings, "original_max_position_embeddings", path);
  for (double& frequency : frequencies) {
    const double wavelength = 2.0 * std::numbers::pi / frequency;
    if (wavelength < context / high) continue;
    const double scaled = frequency / factor;
    const double smooth = (context / wavelength - low) / (high - low);
    frequency = wavelength > context / low ? scaled : (1 - smooth) * scaled + smooth * frequency;
  }
}

}  // namespace

Rotary rotary_from_config(const ConfigReader& config, std::int64_t n_dims, double default_theta) {
  const nlohmann::json* settings = optional_object(config.json(), "rope_parameters", config.path());
  if (settings == nullptr) {
    settings = optional_object(config.json(), "rope_scaling", config.path());
  }
  double theta = config.number_or("rope_theta", config.number_or("rotary_emb_base", default_theta));
  std::string type = "default";
  if (settings != nullptr) {
    theta = optional_number(*settings, "rope_theta", config.path()).value_or(theta);
    const auto named = optional_string(*settings, "rope_type", config.path());
    type = named ? *named : optional_string(*settings, "type", config.path()).value_or(type);
  }
  if (n_dims < 0 || n_dims > kMostRotaryDims) {
    throw FormatError(config.path(), "rotary positions on " + std::to_string(n_dims) +
                                         " dimensions of a head, which no model can have");
  }
  Rotary rotary;
  for (std::int64_t i = 0; i < n_dims / 2; ++i) {
    rotary.inverse_frequencies.push_back(std::pow(theta, -2.0 * i / n_dims));
  }
  if (type == "linear") {
    const double factor = require_number(*settings, "factor", config.path());
    for (double& frequency : rotary.inverse_frequencies) frequency /= factor;
  } else if (type == "llama3") {
    scale_llama3(rotary.inverse_frequencies, *settings, config.path());
  } else if (type != "default") {
    throw UnsupportedError(config.path().string() + ": rope scaling \"" + type +
                           "\" is not supported; supported are default, linear, llama3");
  }
  return rotary;
}

}  // namespace headlens
