#include "headlens/kernels/dequantize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/dequantize.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "headlens/kernels/dequantize_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {

template <typename Block>
void decode_blocks(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT out,
                   std::int64_t count) {
  for (std::int64_t block = 0; block < count; ++block) {
    Block::decode(bytes + block * Block::kBytes, out + block * Block::kElements);
  }
}

template <typename T>
void decode_plain(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT out,
                  std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(load<T>(bytes + i * static_cast<std::int64_t>(sizeof(T))));
  }
}

void decode_f16(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT out,
                std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = load_half(bytes + 2 * i);
}

void decode_bf16(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT out,
                 std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(bytes + 2 * i)} << 16);
  }
}

void decode_boolean(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT out,
                    std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = bytes[i] != 0 ? 1.0f : 0.0f;
}

void decode(DType dtype, const std::uint8_t* bytes, float* out, std::int64_t blocks) {
  switch (dtype) {
    case DType::f64:
      return decode_plain<double>(bytes, out, blocks);
    case DType::f32:
      std::memcpy(out, bytes, static_cast<std::size_t>(blocks) * 4);
      return;
    case DType::f16:
      return decode_f16(bytes, out, blocks);
    case DType::bf16:
      return decode_bf16(bytes, out, blocks);
    case DType::i64:
      return decode_plain<std::int64_t>(bytes, out, blocks);
    case DType::i32:
      return decode_plain<std::int32_t>(bytes, out, blocks);
    case DType::i16:
      return decode_plain<std::int16_t>(bytes, out, blocks);
    case DType::i8:
      return decode_plain<std::int8_t>(bytes, out, blocks);
    case DType::u8:
      return decode_plain<std::uint8_t>(bytes, out, blocks);
    case DType::boolean:
      return decode_boolean(bytes, out, blocks);
    case DType::q4_0:
      return decode_blocks<BlockQ4_0>(bytes, out, blocks);
    case DType::q4_1:
      return decode_blocks<BlockQ4_1>(bytes, out, blocks);
    case DType::q5_0:
      return decode_blocks<BlockQ5_0>(bytes, out, blocks);
    case DType::q5_1:
      return decode_blocks<BlockQ5_1>(bytes, out, blocks);
    case DType::q8_0:
      return decode_blocks<BlockQ8_0>(bytes, out, blocks);
    case DType::q2_k:
      return decode_blocks<BlockQ2_K>(bytes, out, blocks);
    case DType::q3_k:
      return decode_blocks<BlockQ3_K>(bytes, out, blocks);
    case DType::q4_k:
      return decode_blocks<BlockQ4_K>(bytes, out, blocks);
    case DType::q5_k:
      return decode_blocks<BlockQ5_K>(bytes, out, blocks);
    case DType::q6_k:
      return decode_blocks<BlockQ6_K>(bytes, out, blocks);
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <string>

#include "headlens/base/errors.h"

namespace headlens {

HWY_EXPORT(decode);

void dequantize(DType dtype, std::span<const std::byte> blocks, std::span<float> out) {
  const DTypeInfo type = info(dtype);
  const auto bytes = static_cast<std::int64_t>(blocks.size());
  const auto count = bytes / type.block_bytes;
  if (bytes % type.block_bytes != 0) {
    throw ShapeError("dequantize " + std::string(type.name),
                     "a multiple of " + std::to_string(type.block_bytes) + " bytes",
                     std::to_string(bytes));
  }
  if (static_cast<std::int64_t>(out.size()) != count * type.block_elements) {
    throw ShapeError("dequantize " + std::string(type.name),
                     std::to_string(count * type.block_elements) + " numbers of output",
                     std::to_string(out.size()));
  }
  if (count == 0) return;
  HWY_DYNAMIC_DISPATCH(decode)
  (dtype, reinterpret_cast<const std::uint8_t*>(blocks.data()), out.data(), count);
}

}  // namespace headlens
#endif
