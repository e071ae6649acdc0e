#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

/// A shard's name must stay inside the folder; it may be a symbolic link, as in the hub's cache.
void refuse_escape(const std::filesystem::path& index, const std::string& shard) {
  const std::filesystem::path path(shard);
  const bool climbs = std::ranges::find(path, "..") != path.end();
  if (shard.empty() || path.is_absolute() || climbs || shard.find('\0') != std::string::npos) {
    throw FormatError(index.string(),
                      "the shard " + printable(shard) + " is not a file inside the folder");
  }
}

void add_tensor(Checkpoint& checkpoint, const Checkpoint& shard, const std::string& shard_name,
                const std::string& name, const std::filesystem::path& index) {
  const StoredTensor* tensor = shard.find(name);
  if (tensor == nullptr) {
    throw FormatError(index.string(), printable(name),
                      "the index places it in " + printable(shard_name) + ", which lacks it");
  }
  checkpoint.tensors.emplace(name, *tensor);
}

Checkpoint read_sharded(const std::filesystem::path& folder, const std::filesystem::path& index) {
  const nlohmann::json json = read_json(index);
  const nlohmann::json& weight_map = require_object(json, "weight_map", index);
  std::map<std::string, Checkpoint> shards;
  Checkpoint checkpoint;
  for (const auto& [name, value] : weight_map.items()) {
    const std::string shard_name = require_string(weight_map, name, index);
    refuse_escape(index, shard_name);
    auto shard = shards.find(shard_name);
    if (shard == shards.end()) {
      shard = shards.emplace(shard_name, read_safetensors(folder / shard_name)).first;
      checkpoint.files.push_back(shard->second.files.front());
      checkpoint.metadata.merge(std::map(shard->second.metadata));
    }
    add_tensor(checkpoint, shard->second, shard_name, name, index);
  }
  return checkpoint;
}

}  // namespace

Checkpoint read_safetensors_directory(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path single = folder / "model.safetensors";
  const fs::path index = folder / "model.safetensors.index.json";
  if (fs::exists(single, error)) return read_safetensors(single);
  if (fs::exists(index, error)) return read_sharded(folder, index);
  if (!fs::is_directory(folder, error)) throw FormatError(folder.string(), "no such folder");
  for (const char* pickled : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (fs::exists(folder / pickled, error)) {
      throw UnsupportedError(folder.string() + ": has only PyTorch's pickled weights, " + pickled +
                             "; save the model again as safetensors");
    }
  }
  throw FormatError(folder.string(),
                    "has neither model.safetensors nor model.safetensors.index.json");
}

}  // namespace headlens
