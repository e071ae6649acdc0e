#pragma once

#include <cstdint>
#include <string_view>

namespace headlens {

/// How the numbers of a stored tensor are encoded. The q* types are GGUF's block formats.
enum class DType : std::uint8_t {
  f64,
  f32,
  f16,
  bf16,
  i64,
  i32,
  i16,
  i8,
  u8,
  boolean,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
};

/// Numbers are stored in blocks: one number a block for plain types, 32 or 256 for q* types.
struct DTypeInfo {
  std::string_view name;
  std::int64_t block_elements;
  std::int64_t block_bytes;
};

DTypeInfo info(DType dtype);

}  // namespace headlens
