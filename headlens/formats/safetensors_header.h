#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/tensor/shape.h"

namespace headlens {

/// What a safetensors header says of one tensor, not yet held against the file.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  Shape shape;
  std::vector<std::uint64_t> data_offsets;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Parses the JSON text of a header without building a JSON document, so that memory stays in
/// proportion to the tensors listed.
/// @param path  named in errors
/// @throws FormatError  if it is not JSON or not the structure that the format asks for
SafetensorsHeader parse_safetensors_header(std::string_view json,
                                           const std::filesystem::path& path);

}  // namespace headlens
