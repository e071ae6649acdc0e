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
/// model.safetensors.index.json names; or every .safetensors in the folder.
/// @throws FormatError  if there are none, or the index makes no sense
std::vector<std::filesystem::path> weight_files(const ResolvedModel& model);

/// True if all weight files are there.
bool has_weights(const ResolvedModel& model);

/// The shards that the text of a model.safetensors.index.json names, sorted, each once.
/// @param path  for errors
/// @throws FormatError  if it is not such an index, or names a file outside the folder
std::vector<std::string> shards_of_index(const std::string& text, const std::string& path);

/// A small text file's content.
/// @throws FormatError  if it is missing or larger than `limit` bytes
std::string read_small_file(const std::filesystem::path& path, std::size_t limit);

/// The largest config.json or index that is read, in bytes.
inline constexpr std::size_t kLargestJson = std::size_t{64} << 20;

}  // namespace headlens
