#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/config_reader.h"

namespace headlens {

/// The rotation of each pair of a head's first `n_dims` dimensions, from config.json's rope
/// settings: theta, and scaling of type "default", "linear", "llama3" or "yarn".
/// @throws UnsupportedError  for scalings that depend on the prompt's length
Rotary rotary_from_config(const ConfigReader& config, std::int64_t n_dims, double default_theta);

}  // namespace headlens
