#include "headlens/models/gguf_rope.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "headlens/models/weight_reader.h"

namespace headlens {
namespace {

constexpr std::string_view kRopeFreqs = "rope_freqs.weight";

struct Setting {
  std::string_view gguf;
  std::string_view config;
};

constexpr Setting kYarnSettings[] = {
    {"rope.scaling.original_context_length", "original_max_position_embeddings"},
    {"rope.scaling.yarn_attn_factor", "attention_factor"},
    {"rope.scaling.yarn_beta_fast", "beta_fast"},
    {"rope.scaling.yarn_beta_slow", "beta_slow"},
};

/// llama.cpp's own factors, which its converter writes for none of our architectures.
constexpr std::string_view kMustBeOne[] = {"rope.scaling.attn_factor",
                                           "rope.scaling.yarn_ext_factor"};

}  // namespace

void add_rope_settings(nlohmann::json& config, const ArchitectureKeys& keys) {
  for (const std::string_view key : kMustBeOne) {
    const double value = keys.number_if(key).value_or(1.0);
    if (value == 1.0) continue;
    throw UnsupportedError(fmt::format("{}: {} is {}; only 1 is supported",
                                       keys.file().path().string(), keys.full(key), value));
  }
  config["rope_theta"] = keys.number_if("rope.freq_base").value_or(10000.0);
  auto factor = keys.number_if("rope.scaling.factor");
  if (!factor) factor = keys.number_if("rope.scale_linear");
  // As llama.cpp, which takes a factor without a type for a linear one.
  const std::string type(keys.string_if("rope.scaling.type").value_or(factor ? "linear" : "none"));
  if (type == "none") return;
  nlohmann::json& scaling = config["rope_scaling"];
  scaling["rope_type"] = type;
  if (factor) scaling["factor"] = *factor;
  if (type != "yarn") return;
  for (const auto& [key, name] : kYarnSettings) {
    if (const auto value = keys.number_if(key)) scaling[std::string(name)] = *value;
  }
  if (const auto multiplier = keys.number_if("rope.scaling.yarn_log_multiplier")) {
    scaling["mscale"] = 1.0;
    scaling["mscale_all_dim"] = *multiplier;
  }
}

std::int64_t rotary_dimensions(const ArchitectureKeys& keys, std::int64_t d_head) {
  const std::string_view key = "rope.dimension_count";
  const std::int64_t count = keys.integer_if(key).value_or(d_head);
  if (count >= 0 && count <= d_head) return count;
  throw FormatError(keys.file().path(), fmt::format("{} is {}, but a head has {} dimensions",
                                                    keys.full(key), count, d_head));
}

void apply_rope_freqs(ModelSpec& spec, const GgufFile& file) {
  const Checkpoint& checkpoint = file.checkpoint();
  if (checkpoint.find(kRopeFreqs) == nullptr) return;
  const std::string path = file.path().string(), name(kRopeFreqs);
  if (!spec.block().rotary) {
    throw FormatError(path, name, "is there, but models of this kind have no rotary positions");
  }
  const auto n_pairs = static_cast<std::int64_t>(spec.block().rotary->inverse_frequencies.size());
  const Tensor divisors = WeightReader(checkpoint, Precision::f32).read_vector(name, n_pairs);
  for (std::int64_t i = 0; i < n_pairs; ++i) {
    const float divisor = divisors.data()[i];
    if (!(divisor > 0 && std::isfinite(divisor))) {
      throw FormatError(path, name,
                        fmt::format("number {} is {}, but frequencies are divided by "
                                    "it: it must be a positive number",
                                    i, divisor));
    }
    for (BlockSpec& block : spec.blocks) block.rotary->inverse_frequencies[i] /= divisor;
  }
}

}  // namespace headlens
