#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/base/mapped_file.h"
#include "headlens/tensor/stored_tensor.h"

namespace headlens {

/// The tensors of a model as they lie in its files. Owns the mappings that the tensors point into;
/// a copy shares them.
struct Checkpoint {
  std::vector<std::shared_ptr<const MappedFile>> files;
  std::map<std::string, StoredTensor, std::less<>> tensors;
  /// Free text of a safetensors header; empty for GGUF, whose metadata is typed (see gguf.h).
  std::map<std::string, std::string> metadata;
  std::vector<std::shared_ptr<const void>> memory = {};  ///< of tensors that lie in no file

  /// @throws FormatError  naming tensor and path, if there is none of that name
  const StoredTensor& at(std::string_view name) const;
  /// Null if there is none of that name.
  const StoredTensor* find(std::string_view name) const;

  /// Lets the kernel drop the files' resident pages; a later read brings them back.
  void release_pages() const;
};

}  // namespace headlens
