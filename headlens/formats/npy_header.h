#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "headlens/tensor/shape.h"

namespace headlens {

/// The Python dictionary at the start of a .npy file.
struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

/// Parses the dictionary's text: string, boolean and tuple-of-integers literals and nothing else.
/// @param path  named in errors
/// @throws FormatError  if it is not such a dictionary, or lacks or repeats a key
/// @throws UnsupportedError  for structured element types
NpyHeader parse_npy_header(std::string_view text, const std::filesystem::path& path);

/// Text of the dictionary as numpy.save writes it, with its padding and newline.
std::string npy_header_text(const Shape& shape);

}  // namespace headlens
