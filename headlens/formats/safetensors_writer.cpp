#include <nlohmann/json.hpp>
#include <set>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

using nlohmann::ordered_json;

void refuse_unwritable(std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::set<std::string_view> names;
  for (const NamedTensor& tensor : tensors) {
    if (element_count(tensor.shape) != static_cast<std::int64_t>(tensor.values.size())) {
      throw ShapeError("write_safetensors, tensor " + printable(tensor.name),
                       to_string(tensor.shape), std::to_string(tensor.values.size()) + " numbers");
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
std::string header_text(std::span<const NamedTensor> tensors,
                        const std::map<std::string, std::string>& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t end = offset + tensor.values.size_bytes();
    // push_back, since ordered_json looks a key up by scanning all of them.
    header.get_ref<ordered_json::object_t&>().push_back(
        {tensor.name,
         {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}}});
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
  refuse_unwritable(tensors, metadata);
  const std::string header = header_text(tensors, metadata);
  const std::uint64_t length = header.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const NamedTensor& tensor : tensors) file.write(std::as_bytes(tensor.values));
  file.commit();
}

}  // namespace headlens
