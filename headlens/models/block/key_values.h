#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// Floats from one row's values of a head to the next row's.
std::int64_t padded_head_width(const BlockSpec& spec);
/// Panels that hold so many keys.
std::int64_t key_panels(std::int64_t keys);

/// Keys and values of one layer, laid out for attention's products: keys as panels
/// [kv_head][panel of 64 keys][d_head][64], values as [kv_head][row][d_head padded to 16].
/// Columns of a panel to which no key was stored hold finite numbers.
class KeyValues {
 public:
  /// Contents are lost when it grows.
  void reserve_keys(const BlockSpec& spec, std::int64_t n_panels);
  void reserve_values(const BlockSpec& spec, std::int64_t n_rows);

  /// @param k  one row's rotated keys, [kv_head, d_head]
  void store_key(const BlockSpec& spec, std::int64_t panel, std::int64_t column, const float* k);
  /// @param v  one row's values, [kv_head, d_head]
  void store_value(const BlockSpec& spec, std::int64_t row, const float* v);

  /// [d_head][64]; panels of one head follow one another.
  const float* keys(const BlockSpec& spec, std::int64_t kv_head, std::int64_t panel) const;
  /// [d_head]; rows of one head follow one another by padded_head_width().
  const float* values(const BlockSpec& spec, std::int64_t kv_head, std::int64_t row) const;

 private:
  AlignedBuffer<float> keys_, values_;
  std::int64_t n_panels_ = 0, n_rows_ = 0;
};

}  // namespace headlens
