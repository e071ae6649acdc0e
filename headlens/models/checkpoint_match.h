#pragma once

#include <filesystem>

#include "headlens/formats/checkpoint.h"
#include "headlens/models/model_spec.h"
#include "headlens/models/tensor_names.h"

namespace headlens {

/// Checks that the numbers of a config fit one another.
/// @throws FormatError  e.g. if d_model is not a multiple of the heads
void check_spec(const ModelSpec& spec, const std::filesystem::path& config);

/// Checks that the checkpoint does not hold one block more than the config says.
/// @throws FormatError  if it does
void check_no_further_block(const ModelSpec& spec, const ModelNames& names,
                            const Checkpoint& checkpoint, const std::filesystem::path& config);

}  // namespace headlens
