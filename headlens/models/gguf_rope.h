#pragma once

#include <nlohmann/json_fwd.hpp>

#include "headlens/models/gguf_keys.h"
#include "headlens/models/model_spec.h"

namespace headlens {

/// Gives `config` the rope settings that the Hugging Face form of a GGUF model would have: theta,
/// and the scaling of `<architecture>.rope.scaling.*`.
/// @throws UnsupportedError  for settings that no config.json can express
void add_rope_settings(nlohmann::json& config, const ArchitectureKeys& keys);

/// How many of each head's `d_head` dimensions are rotated; all, where the file does not say.
/// @throws FormatError  if the head has not so many
std::int64_t rotary_dimensions(const ArchitectureKeys& keys, std::int64_t d_head);

/// Divides the inverse frequencies by the file's rope_freqs.weight, where there is one: what
/// llama.cpp's converter makes of Llama 3's scaling.
/// @throws FormatError  if it has not one positive number a rotary pair
void apply_rope_freqs(ModelSpec& spec, const GgufFile& file);

}  // namespace headlens
