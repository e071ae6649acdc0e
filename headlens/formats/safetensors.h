#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "headlens/base/sha256.h"
#include "headlens/formats/checkpoint.h"
#include "headlens/tensor/shape.h"
#include "headlens/tensor/stored_tensor.h"

namespace headlens {

/// Opens one safetensors file by mapping it; no tensor is read. Everything the reference
/// implementation refuses is refused, and duplicate names and unknown fields as well.
/// @throws FormatError  if the file is missing, truncated, inconsistent or hostile
/// @throws UnsupportedError  for tensors of types that headlens cannot decode (F8_*, C64, ...)
Checkpoint read_safetensors(const std::filesystem::path& file);

/// Opens `model.safetensors` of a folder, or else the shards that
/// `model.safetensors.index.json` names.
/// @throws FormatError  as above; if there is neither; if the index names a file outside the
///                      folder, or a tensor that its shard does not hold
/// @throws UnsupportedError  as above; if the folder has only PyTorch's pickled weights
Checkpoint read_safetensors_directory(const std::filesystem::path& folder);

/// The same checks on bytes in memory, which must outlive the result; its `files` is empty.
/// @param name  stands for the path in errors
Checkpoint parse_safetensors(std::span<const std::byte> file, const std::filesystem::path& name);

/// Numbers to be written; not owned.
struct NamedTensor {
  std::string name;
  Shape shape;
  std::span<const float> values;
};

/// Writes F32 tensors in the order given; the file appears only when it is whole.
/// @throws ShapeError  if a tensor's shape and number of values disagree
/// @throws UsageError  if a name occurs twice or is "__metadata__", or text is not UTF-8
/// @throws ResourceError  if the file cannot be written
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// The same for tensors that are encoded already, of types that safetensors has: not GGUF's blocks.
/// @param hash  if not null, is updated with the file's bytes
/// @throws ShapeError  also if a tensor's shape and bytes disagree
/// @throws UsageError  also for a type that safetensors does not have
void write_stored_tensors(const std::filesystem::path& path, std::span<const StoredTensor> tensors,
                          const std::map<std::string, std::string>& metadata = {},
                          Sha256* hash = nullptr);

}  // namespace headlens
