// One struct a block format of GGUF: its size and how one block is decoded. Included once for every
// instruction set, as Highway's foreach_target.h asks.
#if defined(HEADLENS_KERNELS_DEQUANTIZE_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HEADLENS_KERNELS_DEQUANTIZE_BLOCKS_INL_H_
#undef HEADLENS_KERNELS_DEQUANTIZE_BLOCKS_INL_H_
#else
#define HEADLENS_KERNELS_DEQUANTIZE_BLOCKS_INL_H_
#endif

#include <hwy/highway.h>

#include <bit>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {

template <typename T>
HWY_INLINE T load(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// IEEE half precision to float32 without branches, so that loops over it become vector code.
HWY_INLINE float half_to_float(std::uint16_t half) {
  const std::uint32_t word = std::uint32_t{half} << 16;
  const std::uint32_t sign = word & 0x80000000u;
  const std::uint32_t magnitude = word << 1;
  const float normal = std::bit_cast<float>((magnitude >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
  const float subnormal = std::bit_cast<float>((magnitude >> 17) | (126u << 23)) - 0.5f;
  constexpr std::uint32_t kFirstNormal = 1u << 27;
  const std::uint32_t bits = magnitude < kFirstNormal ? std::bit_cast<std::uint32_t>(subnormal)
                                                      : std::bit_cast<std::uint32_t>(normal);
  return std::bit_cast<float>(sign | bits);
}

HWY_INLINE float load_half(const std::uint8_t* bytes) {
  return half_to_float(load<std::uint16_t>(bytes));
}

struct BlockQ4_0 {
  static constexpr int kBytes = 18, kElements = 32;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const std::uint8_t* quants = block + 2;
    for (int i = 0; i < 16; ++i) out[i] = d * static_cast<float>((quants[i] & 15) - 8);
    for (int i = 0; i < 16; ++i) out[16 + i] = d * static_cast<float>((quants[i] >> 4) - 8);
  }
};

struct BlockQ4_1 {
  static constexpr int kBytes = 20, kElements = 32;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const float m = load_half(block + 2);
    const std::uint8_t* quants = block + 4;
    for (int i = 0; i < 16; ++i) out[i] = d * static_cast<float>(quants[i] & 15) + m;
    for (int i = 0; i < 16; ++i) out[16 + i] = d * static_cast<float>(quants[i] >> 4) + m;
  }
};

/// The fifth bit of number i, as 0 or 16.
HWY_INLINE int fifth_bit(std::uint32_t high, int i) { return static_cast<int>(high >> i & 1) << 4; }

struct BlockQ5_0 {
  static constexpr int kBytes = 22, kElements = 32;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const auto high = load<std::uint32_t>(block + 2);
    const std::uint8_t* quants = block + 6;
    for (int i = 0; i < 16; ++i) {
      out[i] = d * static_cast<float>(((quants[i] & 15) | fifth_bit(high, i)) - 16);
    }
    for (int i = 0; i < 16; ++i) {
      out[16 + i] = d * static_cast<float>(((quants[i] >> 4) | fifth_bit(high, 16 + i)) - 16);
    }
  }
};

struct BlockQ5_1 {
  static constexpr int kBytes = 24, kElements = 32;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const float m = load_half(block + 2);
    const auto high = load<std::uint32_t>(block + 4);
    const std::uint8_t* quants = block + 8;
    for (int i = 0; i < 16; ++i) {
      out[i] = d * static_cast<float>((quants[i] & 15) | fifth_bit(high, i)) + m;
    }
    for (int i = 0; i < 16; ++i) {
      out[16 + i] = d * static_cast<float>((quants[i] >> 4) | fifth_bit(high, 16 + i)) + m;
    }
  }
};

struct BlockQ8_0 {
  static constexpr int kBytes = 34, kElements = 32;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    for (int i = 0; i < 32; ++i) {
      out[i] = static_cast<float>(static_cast<std::int8_t>(block[2 + i])) * d;
    }
  }
};

struct BlockQ2_K {
  static constexpr int kBytes = 84, kElements = 256;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const std::uint8_t* quants = block + 16;
    const float d = load_half(block + 80);
    const float d_min = load_half(block + 82);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(block[group] & 15);
      const float minimum = d_min * static_cast<float>(block[group] >> 4);
      const int shift = group / 2 % 4 * 2;
      const std::uint8_t* q = quants + group / 8 * 32 + group % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        out[group * 16 + i] = scale * static_cast<float>(q[i] >> shift & 3) - minimum;
      }
    }
  }
};

struct BlockQ3_K {
  static constexpr int kBytes = 110, kElements = 256;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const std::uint8_t* mask = block;
    const std::uint8_t* quants = block + 32;
    const std::uint8_t* scales = block + 96;
    const float d = load_half(block + 108);
    for (int group = 0; group < 16; ++group) {
      const int low = scales[group % 8] >> group / 8 * 4 & 15;
      const int high = scales[8 + group % 4] >> group / 4 * 2 & 3;
      const float scale = d * static_cast<float>((low | high << 4) - 32);
      const int shift = group / 2 % 4 * 2;
      const int mask_shift = group / 2;
      const std::uint8_t* q = quants + group / 8 * 32 + group % 2 * 16;
      const std::uint8_t* h = mask + group % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        const int offset = (~h[i] >> mask_shift & 1) << 2;
        out[group * 16 + i] = scale * static_cast<float>((q[i] >> shift & 3) - offset);
      }
    }
  }
};

struct ScaleAndMinimum {
  int scale;
  int minimum;
};

/// The 6-bit scale and minimum of group 0..7 from the 12 bytes that Q4_K and Q5_K pack them in.
HWY_INLINE ScaleAndMinimum unpack_scale(const std::uint8_t* packed, int group) {
  if (group < 4) return {packed[group] & 63, packed[4 + group] & 63};
  const int i = group - 4;
  return {(packed[8 + i] & 15) | (packed[i] >> 2 & 48),
          packed[8 + i] >> 4 | (packed[4 + i] >> 2 & 48)};
}

struct BlockQ4_K {
  static constexpr int kBytes = 144, kElements = 256;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const float d_min = load_half(block + 2);
    const std::uint8_t* quants = block + 16;
    for (int group = 0; group < 8; ++group) {
      const auto packed = unpack_scale(block + 4, group);
      const float scale = d * static_cast<float>(packed.scale);
      const float minimum = d_min * static_cast<float>(packed.minimum);
      const int shift = group % 2 * 4;
      const std::uint8_t* q = quants + group / 2 * 32;
      for (int i = 0; i < 32; ++i) {
        out[group * 32 + i] = scale * static_cast<float>(q[i] >> shift & 15) - minimum;
      }
    }
  }
};

struct BlockQ5_K {
  static constexpr int kBytes = 176, kElements = 256;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const float d = load_half(block);
    const float d_min = load_half(block + 2);
    const std::uint8_t* high = block + 16;
    const std::uint8_t* quants = block + 48;
    for (int group = 0; group < 8; ++group) {
      const auto packed = unpack_scale(block + 4, group);
      const float scale = d * static_cast<float>(packed.scale);
      const float minimum = d_min * static_cast<float>(packed.minimum);
      const int shift = group % 2 * 4;
      const std::uint8_t* q = quants + group / 2 * 32;
      for (int i = 0; i < 32; ++i) {
        const int quant = (q[i] >> shift & 15) | (high[i] >> group & 1) << 4;
        out[group * 32 + i] = scale * static_cast<float>(quant) - minimum;
      }
    }
  }
};

struct BlockQ6_K {
  static constexpr int kBytes = 210, kElements = 256;
  static HWY_INLINE void decode(const std::uint8_t* HWY_RESTRICT block, float* HWY_RESTRICT out) {
    const std::uint8_t* low = block;
    const std::uint8_t* high = block + 128;
    const std::uint8_t* scales = block + 192;
    const float d = load_half(block + 208);
    for (int group = 0; group < 16; ++group) {
      const float scale = d * static_cast<float>(static_cast<std::int8_t>(scales[group]));
      const int low_shift = group / 4 % 2 * 4;
      const int high_shift = group / 2 % 4 * 2;
      const std::uint8_t* ql = low + group / 8 * 64 + group % 4 * 16;
      const std::uint8_t* qh = high + group / 8 * 32 + group % 2 * 16;
      for (int i = 0; i < 16; ++i) {
        const int quant = (ql[i] >> low_shift & 15) | (qh[i] >> high_shift & 3) << 4;
        out[group * 16 + i] = scale * static_cast<float>(quant - 32);
      }
    }
  }
};

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
