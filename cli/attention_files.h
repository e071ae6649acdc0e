#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "headlens/results/attention_result.h"

namespace headlens::cli {

/// Writes attention.npy and attention.safetensors (float32, layers x heads x query x key) to a
/// folder.
/// @return their names
std::vector<std::string> write_attention_arrays(const std::filesystem::path& folder,
                                                const AttentionResult& result);

}  // namespace headlens::cli
