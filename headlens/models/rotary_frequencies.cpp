#include "headlens/models/rotary_frequencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

constexpr std::int64_t kMostRotaryDims = 1 << 16;

/// The rope settings of a config.json: "rope_parameters", or "rope_scaling" as they were once.
class RopeSettings {
 public:
  explicit RopeSettings(const ConfigReader& config) : config_(config) {
    for (const std::string_view key : {"rope_parameters", "rope_scaling"}) {
      const auto* found = optional_object(config.json(), key, path());
      if (found == nullptr) continue;
      settings_ = *found;
      break;
    }
  }

  const std::filesystem::path& path() const { return config_.path(); }

  std::string type() const {
    for (const std::string_view key : {"rope_type", "type"}) {
      if (const auto named = optional_string(settings_, key, path())) return *named;
    }
    return "default";
  }

  double theta(double fallback) const {
    const double theta =
        config_.number_or("rope_theta", config_.number_or("rotary_emb_base", fallback));
    return number_or("rope_theta", theta);
  }

  /// Positions that the model was first trained with; where nobody says, those it has now.
  double original_context() const {
    constexpr std::string_view kKey = "original_max_position_embeddings";
    const auto positions = optional_number(config_.json(), kKey, path());
    if (positions) return checked(kKey, *positions);
    if (const auto scaled = optional_number(settings_, kKey, path())) {
      return checked(kKey, *scaled);
    }
    return static_cast<double>(config_.size("max_position_embeddings"));
  }

  double positive(std::string_view key) const {
    return checked(key, require_number(settings_, key, path()));
  }
  double positive_or(std::string_view key, double fallback) const {
    return checked(key, number_or(key, fallback));
  }
  double number_or(std::string_view key, double fallback) const {
    return optional_number(settings_, key, path()).value_or(fallback);
  }
  bool flag_or(std::string_view key, bool fallback) const {
    return optional_boolean(settings_, key, path()).value_or(fallback);
  }
  bool has(std::string_view key) const {
    return optional_number(settings_, key, path()).has_value();
  }

  double checked(std::string_view what, double value) const {
    if (value > 0 && std::isfinite(value)) return value;
    throw FormatError(path(), fmt::format("rope scaling \"{}\": {} is {}, but it must be a "
                                          "positive number",
                                          type(), what, value));
  }

 private:
  const ConfigReader& config_;
  nlohmann::json settings_ = nlohmann::json::object();
};

void scale_linear(Rotary& rotary, const RopeSettings& settings) {
  const double factor = settings.positive("factor");
  for (double& frequency : rotary.inverse_frequencies) frequency /= factor;
}

/// Llama 3.1's scaling: long wavelengths are divided by `factor`, short ones kept, those between
/// blended (as Transformers' _compute_llama3_parameters).
void scale_llama3(Rotary& rotary, const RopeSettings& settings) {
  const double factor = settings.positive("factor");
  const double low = settings.positive("low_freq_factor");
  const double high = settings.positive("high_freq_factor");
  const double context = settings.original_context();
  if (high <= low) {
    throw FormatError(settings.path(),
                      fmt::format("rope scaling \"llama3\": high_freq_factor {} must be above "
                                  "low_freq_factor {}",
                                  high, low));
  }
  for (double& frequency : rotary.inverse_frequencies) {
    const double wavelength = 2.0 * std::numbers::pi / frequency;
    if (wavelength < context / high) continue;
    const double scaled = frequency / factor;
    const double smooth = (context / wavelength - low) / (high - low);
    frequency = wavelength > context / low ? scaled : (1 - smooth) * scaled + smooth * frequency;
  }
}

/// Scores are sharpened as the context grows: 0.1 ln(factor) + 1, unless the config says otherwise.
double yarn_attention_factor(const RopeSettings& settings, double factor) {
  if (settings.has("attention_factor")) return settings.positive("attention_factor");
  const auto magnitude = [factor](double mscale) {
    return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
  };
  const double mscale = settings.number_or("mscale", 0);
  const double all_dims = settings.number_or("mscale_all_dim", 0);
  if (mscale == 0 || all_dims == 0) return magnitude(1);
  return settings.checked("the attention factor of mscale and mscale_all_dim",
                          magnitude(mscale) / magnitude(all_dims));
}

/// YaRN: dimensions that turn more than beta_fast times within the original context are kept,
/// those that turn less than beta_slow times divided by `factor`, those between blended by their
/// index (as Transformers' _compute_yarn_parameters).
void scale_yarn(Rotary& rotary, const RopeSettings& settings, std::int64_t n_dims, double theta) {
  const double factor = settings.positive("factor");
  const double context = settings.original_context();
  if (!(theta > 1)) {
    throw FormatError(settings.path(), fmt::format("rope scaling \"yarn\": rope_theta is {}, but "
                                                   "it must be above 1",
                                                   theta));
  }
  const auto index_turning = [&](double times) {
    return static_cast<double>(n_dims) * std::log(context / (times * 2 * std::numbers::pi)) /
           (2 * std::log(theta));
  };
  double first = index_turning(settings.positive_or("beta_fast", 32));
  double last = index_turning(settings.positive_or("beta_slow", 1));
  if (settings.flag_or("truncate", true)) {
    first = std::floor(first);
    last = std::ceil(last);
  }
  first = std::max(first, 0.0);
  last = std::min(last, static_cast<double>(n_dims - 1));
  if (first == last) last += 0.001;
  for (std::size_t i = 0; i < rotary.inverse_frequencies.size(); ++i) {
    const double divided = std::clamp((static_cast<double>(i) - first) / (last - first), 0.0, 1.0);
    double& frequency = rotary.inverse_frequencies[i];
    frequency = frequency / factor * divided + frequency * (1 - divided);
  }
  rotary.attention_factor = yarn_attention_factor(settings, factor);
}

}  // namespace

Rotary rotary_from_config(const ConfigReader& config, std::int64_t n_dims, double default_theta) {
  const RopeSettings settings(config);
  const double theta = settings.theta(default_theta);
  const std::string type = settings.type();
  if (n_dims < 0 || n_dims > kMostRotaryDims) {
    throw FormatError(config.path(), "rotary positions on " + std::to_string(n_dims) +
                                         " dimensions of a head, which no model can have");
  }
  Rotary rotary;
  for (std::int64_t i = 0; i < (n_dims + 1) / 2; ++i) {
    rotary.inverse_frequencies.push_back(std::pow(theta, -2.0 * i / n_dims));
  }
  if (type == "linear") {
    scale_linear(rotary, settings);
  } else if (type == "llama3") {
    scale_llama3(rotary, settings);
  } else if (type == "yarn") {
    scale_yarn(rotary, settings, n_dims, theta);
  } else if (type != "default") {
    throw UnsupportedError(config.path().string() + ": rope scaling \"" + type +
                           "\" is not supported; supported are default, linear, llama3, yarn");
  }
  return rotary;
}

}  // namespace headlens
