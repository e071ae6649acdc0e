#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

using nlohmann::ordered_json;

void refuse_unwritable(std::span<const StoredTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::set<std::string_view> names;
  for (const StoredTensor& tensor : tensors) {
    const DTypeInfo type = info(tensor.dtype);
    if (type.block_elements != 1) {
      throw UsageError(std::string("write_safetensors: the format has no type ") +
                       std::string(type.name));
    }
    const auto numbers = static_cast<std::int64_t>(tensor.bytes.size()) / type.block_bytes;
    if (element_count(tensor.shape) != numbers ||
        tensor.bytes.size() != static_cast<std::size_t>(numbers * type.block_bytes)) {
      throw ShapeError("write_safetensors, tensor " + printable(tensor.name),
                       to_string(tensor.shape), std::to_string(numbers) + " numbers");
    }
    if (tensor.name == "__metadata__" || !is_utf8(tensor.name)) {
      throw UsageError("write_safetensors: a tensor cannot be named " + printable(tensor.name));
    }
    if (!names.insert(tensor.name).second) {
      throw UsageError("write_safetensors: two tensors are named " + printable(tensor.name));
    }
  }
  for (const auto& [key, text] : metadata) {
    if (!is_utf8(key) || !is_utf8(text)) {
      throw UsageError("write_safetensors: metadata " + printable(key) + " is not UTF-8");
    }
  }
}

/// The header's JSON, padded with spaces so that the data begins at a multiple of 8 bytes.
std::string header_text(std::span<const StoredTensor> tensors,
                        const std::map<std::string, std::string>& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const StoredTensor& tensor : tensors) {
    const std::uint64_t end = offset + tensor.bytes.size();
    // push_back, since ordered_json looks a key up by scanning all of them.
    header.get_ref<ordered_json::object_t&>().push_back({tensor.name,
                                                         {{"dtype", info(tensor.dtype).name},
                                                          {"shape", tensor.shape},
                                                          {"data_offsets", {offset, end}}}});
    offset = end;
  }
  std::string text = header.dump();
  constexpr std::size_t kAlignment = 8;
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<StoredTensor> stored;
  for (const NamedTensor& tensor : tensors) {
    stored.push_back({tensor.name, DType::f32, tensor.shape, std::as_bytes(tensor.values)});
  }
  write_stored_tensors(path, stored, metadata);
}

void write_stored_tensors(const std::filesystem::path& path, std::span<const StoredTensor> tensors,
                          const std::map<std::string, std::string>& metadata, Sha256* hash) {
  refuse_unwritable(tensors, metadata);
  const std::string header = header_text(tensors, metadata);
  const std::uint64_t length = header.size();
  AtomicFile file(path, hash);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const StoredTensor& tensor : tensors) file.write(tensor.bytes);
  file.commit();
}

}  // namespace headlens
