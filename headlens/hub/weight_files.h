#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/hub/model_locator.h"

namespace headlens {

/// The model that lies at `path`, named `name`: a folder with config.json, a GGUF file (known by
/// its ending or its first bytes), or a folder that holds exactly one .gguf. Absent if there is
/// none.
/// @throws UsageError  if the folder holds several .gguf files; lists them
std::optional<ResolvedModel> model_at(const std::filesystem::path& path, std::string_view name);

/// The .gguf files directly in a folder, by name.
std::vector<std::filesystem::path> gguf_files(const std::filesystem::path& folder);

/// The files that hold the weights, by name: the .gguf; or model.safetensors; or the shards that
/// model.safetensors.index.json names.
/// @throws FormatError  if there are none, or the index makes no sense
std::vector<std::filesystem::path> weight_files(const ResolvedModel& model);

/// True if all weight files are there.
bool has_weights(const ResolvedModel& model);

/// The shards that a model.safetensors.index.json names, sorted, each once.
/// @throws FormatError  if it is not such an index, or names a file outside its folder
std::vector<std::string> shards_of_index(const std::filesystem::path& index);

}  // namespace headlens
