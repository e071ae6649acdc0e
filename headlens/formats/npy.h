#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "headlens/tensor/tensor.h"

namespace headlens {

/// Writes numpy's .npy format, version 1.0: little-endian float32 in C order, byte for byte what
/// numpy.save writes. The file appears only when it is whole.
/// @throws ResourceError  if the file cannot be written
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// The same for numbers that someone else holds, in C order.
/// @throws ShapeError  if `values` is not as many numbers as `shape` says
void write_npy(const std::filesystem::path& path, const Shape& shape,
               std::span<const float> values);

/// Reads a .npy file of float32, float64, int32 or int64 in C order; all become float32.
/// @throws FormatError  if the file is missing, truncated, inconsistent or hostile
/// @throws UnsupportedError  for Fortran order, other element types and unknown versions
Tensor read_npy(const std::filesystem::path& path);

/// The same on bytes in memory.
/// @param name  stands for the path in errors
Tensor parse_npy(std::span<const std::byte> file, const std::filesystem::path& name);

}  // namespace headlens
