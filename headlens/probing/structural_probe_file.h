#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "headlens/learn/standardizer.h"
#include "headlens/learn/structural_probe.h"

namespace headlens {

/// "distance-layer-07.safetensors"
std::string structural_probe_file(StructuralTarget target, int hidden_state);

/// Writes a probe for states as they are: standardisation is part of it. Tensors: "matrix", B^T
/// [n_columns, rank], and "mean" [n_columns]; squared lengths of (h - mean) B^T are depths, and of
/// differences (h_i - h_j) B^T distances.
/// @param standardizer  of the states that the probe was trained on; absent: mean is 0
/// @throws ResourceError  if the file cannot be written
void save_structural_probe(const std::filesystem::path& path, const StructuralProbe& probe,
                           const std::optional<Standardizer>& standardizer);

}  // namespace headlens
