#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/config_reader.h"

namespace headlens {

/// The rotation of each pair of a head's first `n_dims` dimensions (one more if that is odd, as in
/// Transformers), from config.json's rope settings: theta, and scaling of type "default", "linear"
/// (frequencies divided by a factor), "llama3" (only those of long waves) or "yarn" (Peng et al.
/// 2023).
/// @throws FormatError  if a setting is missing or is no number that it can be
/// @throws UnsupportedError  for other scalings, such as those that depend on the prompt's length
Rotary rotary_from_config(const ConfigReader& config, std::int64_t n_dims, double default_theta);

}  // namespace headlens
