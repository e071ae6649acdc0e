#include "headlens/formats/checkpoint.h"

#include <fmt/format.h>

#include "headlens/base/errors.h"

namespace headlens {

const StoredTensor& Checkpoint::at(std::string_view name) const {
  if (const StoredTensor* tensor = find(name)) return *tensor;
  std::string path = files.empty() ? "checkpoint" : files.front()->path().string();
  if (files.size() > 1) path += fmt::format(" and {} more files", files.size() - 1);
  throw FormatError(std::move(path), std::string(name),
                    fmt::format("missing among {} tensors", tensors.size()));
}

const StoredTensor* Checkpoint::find(std::string_view name) const {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

void Checkpoint::release_pages() const {
  for (const auto& file : files) file->release_pages();
}

}  // namespace headlens
