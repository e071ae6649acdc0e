#include "headlens/models/block/key_values.h"

#include <algorithm>

#include "headlens/kernels/panel_product.h"

namespace headlens {
namespace {

constexpr std::int64_t kReadPastEnd = kPanelColumns;

}  // namespace

std::int64_t padded_head_width(const BlockSpec& spec) { return (spec.d_head + 15) / 16 * 16; }

std::int64_t key_panels(std::int64_t keys) { return (keys + kPanelColumns - 1) / kPanelColumns; }

void KeyValues::reserve_keys(const BlockSpec& spec, std::int64_t n_panels) {
  n_panels_ = n_panels;
  const std::int64_t floats = spec.n_kv_heads * n_panels * spec.d_head * kPanelColumns;
  if (keys_.size() >= floats) return;
  keys_.reserve(floats);
  std::fill_n(keys_.data(), keys_.size(), 0.0f);
}

void KeyValues::reserve_values(const BlockSpec& spec, std::int64_t n_rows) {
  n_rows_ = n_rows;
  values_.reserve(spec.n_kv_heads * n_rows * padded_head_width(spec) + kReadPastEnd);
}

void KeyValues::store_key(const BlockSpec& spec, std::int64_t panel, std::int64_t column,
                          const float* k) {
  const std::int64_t d_head = spec.d_head;
  for (std::int64_t g = 0; g < spec.n_kv_heads; ++g) {
    float* to = keys_.data() + (g * n_panels_ + panel) * d_head * kPanelColumns + column;
    for (std::int64_t d = 0; d < d_head; ++d) to[d * kPanelColumns] = k[g * d_head + d];
  }
}

void KeyValues::store_value(const BlockSpec& spec, std::int64_t row, const float* v) {
  const std::int64_t padded = padded_head_width(spec);
  for (std::int64_t g = 0; g < spec.n_kv_heads; ++g) {
    std::copy_n(v + g * spec.d_head, spec.d_head, values_.data() + (g * n_rows_ + row) * padded);
  }
}

const float* KeyValues::keys(const BlockSpec& spec, std::int64_t kv_head,
                             std::int64_t panel) const {
  return keys_.data() + (kv_head * n_panels_ + panel) * spec.d_head * kPanelColumns;
}

const float* KeyValues::values(const BlockSpec& spec, std::int64_t kv_head,
                               std::int64_t row) const {
  return values_.data() + (kv_head * n_rows_ + row) * padded_head_width(spec);
}

}  // namespace headlens
