#include "headlens/kernels/packed_linear.h"

#include <algorithm>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/inner_product.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

std::string_view to_string(Precision precision) {
  return precision == Precision::f32 ? "f32" : "bf16";
}

struct PackedLinear::Packed {
  InnerProductLayout layout;
  AlignedBuffer<std::byte> weights;
  AlignedBuffer<float> bias;

  std::byte* panel(std::int64_t index) { return weights.data() + index * layout.panel_bytes; }
};

PackedLinear::PackedLinear() = default;
PackedLinear::~PackedLinear() = default;
PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;

PackedLinear::PackedLinear(std::int64_t out_features, std::int64_t in_features, Precision precision,
                           bool has_bias)
    : out_features_(out_features),
      in_features_(in_features),
      precision_(precision),
      packed_(std::make_unique<Packed>()) {
  packed_->layout = inner_product_layout(out_features, in_features, precision);
  packed_->weights = AlignedBuffer<std::byte>(packed_->layout.byte_size);
  if (has_bias) {
    packed_->bias = AlignedBuffer<float>(out_features);
    std::fill_n(packed_->bias.data(), out_features, 0.0f);
  }
}

bool PackedLinear::has_panels() const { return packed_->layout.panel_bytes > 0; }

std::int64_t PackedLinear::byte_size() const { return packed_ ? packed_->layout.byte_size : 0; }

std::span<float> PackedLinear::bias() {
  return {packed_->bias.data(), static_cast<std::size_t>(packed_->bias.size())};
}

std::span<const float> PackedLinear::bias() const {
  return {packed_->bias.data(), static_cast<std::size_t>(packed_->bias.size())};
}

namespace {

/// Copies rows of W into their columns of one f32 panel [depth][64].
void pack_panel_f32(const float* rows, std::int64_t n, std::int64_t depth, std::int64_t column,
                    float* panel) {
  constexpr std::int64_t kBlock = 16;
  for (std::int64_t k0 = 0; k0 < depth; k0 += kBlock) {
    const std::int64_t k1 = std::min(depth, k0 + kBlock);
    for (std::int64_t r = 0; r < n; ++r) {
      const float* from = rows + r * depth;
      for (std::int64_t k = k0; k < k1; ++k) panel[k * kPanelColumns + column + r] = from[k];
    }
  }
}

/// The same for bf16, whose panels hold pairs of neighbouring inputs: [depth / 2][64][2].
void pack_panel_bf16(const float* rows, std::int64_t n, std::int64_t depth, std::int64_t column,
                     bfloat16* panel) {
  for (std::int64_t r = 0; r < n; ++r) {
    const float* from = rows + r * depth;
    for (std::int64_t k = 0; k < depth; ++k) {
      panel[(k / 2 * kPanelColumns + column + r) * 2 + k % 2] = to_bfloat16(from[k]);
    }
  }
}

}  // namespace

void PackedLinear::store_plain_rows(std::int64_t first, std::int64_t n, const float* rows) {
  const std::int64_t offset = first * in_features_, size = n * in_features_;
  if (precision_ == Precision::f32) {
    std::copy_n(rows, size, reinterpret_cast<float*>(packed_->weights.data()) + offset);
  } else {
    round_to_bfloat16({rows, static_cast<std::size_t>(size)},
                      reinterpret_cast<bfloat16*>(packed_->weights.data()) + offset);
  }
}

void PackedLinear::pack_rows(std::int64_t first, std::int64_t n, const float* rows) {
  if (!has_panels()) {
    return store_plain_rows(first, n, rows);
  }
  while (n > 0) {
    const std::int64_t column = first % kPanelColumns;
    const std::int64_t count = std::min(n, kPanelColumns - column);
    std::byte* panel = packed_->panel(first / kPanelColumns);
    const bool whole = count == kPanelColumns && packed_->layout.padded_depth == in_features_;
    if (column == 0 && !whole) {
      std::memset(panel, 0, static_cast<std::size_t>(packed_->layout.panel_bytes));
    }
    if (precision_ == Precision::f32) {
      pack_panel_f32(rows, count, in_features_, column, reinterpret_cast<float*>(panel));
    } else {
      pack_panel_bf16(rows, count, in_features_, column, reinterpret_cast<bfloat16*>(panel));
    }
    first += count;
    rows += count * in_features_;
    n -= count;
  }
}

void PackedLinear::multiply(const float* x, std::int64_t rows, float* y, bool accumulate) const {
  run_inner_product(packed_->layout, precision_, {x, rows, in_features_, out_features_},
                    packed_->weights.data(), packed_->bias.data(), y, accumulate);
}

void PackedLinear::multiply_block(const float* x, std::int64_t rows, Range columns,
                                  float* y) const {
  const std::int64_t row_bytes = in_features_ * (precision_ == Precision::f32 ? 4 : 2);
  const std::byte* weights = has_panels() ? packed_->panel(columns.begin / kPanelColumns)
                                          : packed_->weights.data() + columns.begin * row_bytes;
  const float* bias = packed_->bias.size() > 0 ? packed_->bias.data() + columns.begin : nullptr;
  run_inner_product(packed_->layout, precision_, {x, rows, in_features_, columns.size()}, weights,
                    bias, y, false);
}

void PackedLinear::multiply_columns(const float* x, std::int64_t rows, Range columns, float* y,
                                    bool accumulate) const {
  for (std::int64_t j = columns.begin; j < columns.end;) {
    const std::int64_t panel_end = (j / kPanelColumns + 1) * kPanelColumns;
    const std::int64_t end = std::min<std::int64_t>(columns.end, panel_end);
    const auto* panel = reinterpret_cast<const float*>(packed_->panel(j / kPanelColumns));
    multiply_panel(x, in_features_, rows, panel + j % kPanelColumns, kPanelColumns, in_features_,
                   y + j, out_features_, end - j, accumulate);
    if (packed_->bias.size() > 0) {
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = j; c < end; ++c) y[r * out_features_ + c] += packed_->bias[c];
      }
    }
    j = end;
  }
}

}  // namespace headlens
