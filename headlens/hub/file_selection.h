#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// Name of the file that says in which shard each tensor lies.
inline constexpr std::string_view kSafetensorsIndex = "model.safetensors.index.json";

/// Which of a repository's files make a model that headlens can open, small ones first, the weights
/// last: one GGUF; or config.json, the tokenizer and model.safetensors; or, instead of the latter,
/// kSafetensorsIndex, whose shards are then needed as well.
/// @param repository  for errors
/// @param gguf_file   the GGUF file asked for; empty if none was
/// @throws UsageError        if gguf_file is not there, or several GGUF files are and none was
/// named
/// @throws UnsupportedError  if there are no weights that headlens reads; names what there is
std::vector<std::string> files_to_pull(const std::vector<std::string>& available,
                                       std::string_view repository, std::string_view gguf_file);

}  // namespace headlens
