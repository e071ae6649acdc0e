#pragma once

#include <filesystem>
#include <vector>

#include "headlens/probing/harvest_manifest.h"
#include "headlens/probing/harvest_window.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Writes a window as shard `number` of a harvest: shard-NNNNN.safetensors and shard-NNNNN.jsonl,
/// which appear when they are whole. The same window gives the same bytes. Works on the calling
/// thread alone, so that it can go on beside a run.
/// A line of the latter is {"sentence", "line", "id", "document", "text", "token_ids",
/// "rows": [{"form", "span", "tokens", "labels"}]}; pairs also have "second_text" and
/// "second_token_ids". Spans are in code points of the text and null for sentences, tokens are
/// [begin, end) in token_ids, and null for sentences.
/// @param states  [row, width] a site, as harvest_states() gives
/// @throws UsageError     if a state is too large for f16
/// @throws ResourceError  if a file cannot be written
HarvestShard write_shard(const std::filesystem::path& folder, std::size_t number,
                         const HarvestWindow& window, const HarvestWork& work,
                         const std::vector<Tensor>& states);

/// "shard-00012"
std::string shard_name(std::size_t number);

}  // namespace headlens
