#include "headlens/kernels/packed_linear.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "headlens/kernels/bf16_panel_product.h"
#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

std::string_view to_string(Precision precision) {
  return precision == Precision::f32 ? "f32" : "bf16";
}

struct PackedLinear::Packed {
  /// Of one panel: [in_features][kPanelColumns] in f32, [in_features / 2, up][kPanelColumns][2] in
  /// bf16.
  std::int64_t panel_bytes;
  AlignedBuffer<std::byte> weights;
  AlignedBuffer<float> bias;

  std::byte* panel(std::int64_t index) { return weights.data() + index * panel_bytes; }
};

namespace {

std::int64_t pair_count(std::int64_t in_features) { return (in_features + 1) / 2; }

}  // namespace

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
  const std::int64_t words = precision == Precision::f32 ? in_features : pair_count(in_features);
  packed_->panel_bytes = words * kPanelColumns * 4;
  const std::int64_t panels = (out_features + kPanelColumns - 1) / kPanelColumns;
  packed_->weights = AlignedBuffer<std::byte>(panels * packed_->panel_bytes);
  if (has_bias) {
    packed_->bias = AlignedBuffer<float>(out_features);
    std::fill_n(packed_->bias.data(), out_features, 0.0f);
  }
}

std::int64_t PackedLinear::byte_size() const { return packed_ ? packed_->weights.size() : 0; }

std::span<float> PackedLinear::bias() {
  return {packed_->bias.data(), static_cast<std::size_t>(packed_->bias.size())};
}

std::span<const float> PackedLinear::bias() const {
  return {packed_->bias.data(), static_cast<std::size_t>(packed_->bias.size())};
}

namespace {

using FourWords = std::uint32_t __attribute__((vector_size(16)));
constexpr std::int64_t kWordBytes = 4, kPanelRowBytes = kPanelColumns * kWordBytes;

FourWords load_words(const std::byte* from) {
  FourWords words;
  std::memcpy(&words, from, sizeof words);
  return words;
}

/// Four words of four rows to four columns of four panel rows.
void transpose_4x4(const std::byte* rows, std::int64_t row_bytes, std::byte* panel) {
  const FourWords a = load_words(rows), b = load_words(rows + row_bytes);
  const FourWords c = load_words(rows + 2 * row_bytes), d = load_words(rows + 3 * row_bytes);
  const FourWords ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const FourWords ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const FourWords cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const FourWords cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const FourWords columns[] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                               __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                               __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                               __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (int k = 0; k < 4; ++k) std::memcpy(panel + k * kPanelRowBytes, &columns[k], 16);
}

void transpose_plain(const std::byte* rows, std::int64_t n, std::int64_t row_bytes, Range words,
                     std::byte* panel) {
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t k = words.begin; k < words.end; ++k) {
      std::memcpy(panel + k * kPanelRowBytes + r * kWordBytes,
                  rows + r * row_bytes + k * kWordBytes, kWordBytes);
    }
  }
}

/// Rows of 4-byte words to columns of a panel whose rows are kPanelColumns words, a cache line of
/// the panel at a time.
void transpose_words(const std::byte* rows, std::int64_t n, std::int64_t row_bytes,
                     std::int64_t words, std::byte* panel) {
  constexpr std::int64_t kLineWords = 16;
  const std::int64_t whole_words = words / 4 * 4;
  for (std::int64_t r0 = 0; r0 < n; r0 += kLineWords) {
    const std::int64_t count = std::min(kLineWords, n - r0), fours = count / 4 * 4;
    const std::byte* from = rows + r0 * row_bytes;
    std::byte* to = panel + r0 * kWordBytes;
    for (std::int64_t k = 0; k < whole_words; k += 4) {
      for (std::int64_t r = 0; r < fours; r += 4) {
        transpose_4x4(from + r * row_bytes + k * kWordBytes, row_bytes,
                      to + k * kPanelRowBytes + r * kWordBytes);
      }
    }
    transpose_plain(from, fours, row_bytes, {whole_words, words}, to);
    transpose_plain(from + fours * row_bytes, count - fours, row_bytes, {0, words},
                    to + fours * kWordBytes);
  }
}

/// Copies rows of W into their columns of one f32 panel [depth][64].
void pack_panel_f32(const float* rows, std::int64_t n, std::int64_t depth, std::int64_t column,
                    std::byte* panel) {
  transpose_words(reinterpret_cast<const std::byte*>(rows), n, depth * kWordBytes, depth,
                  panel + column * kWordBytes);
}

/// The same for bf16, whose panels hold pairs of neighbouring inputs: [depth / 2][64][2].
void pack_panel_bf16(const float* rows, std::int64_t n, std::int64_t depth, std::int64_t column,
                     std::byte* panel) {
  constexpr std::int64_t kBlock = 128;
  bfloat16 rounded[kPanelColumns][kBlock];
  for (std::int64_t k0 = 0; k0 < depth; k0 += kBlock) {
    const std::int64_t block = std::min(kBlock, depth - k0);
    for (std::int64_t r = 0; r < n; ++r) {
      round_to_bfloat16({rows + r * depth + k0, static_cast<std::size_t>(block)}, rounded[r]);
      if (block % 2 == 1) rounded[r][block] = 0;
    }
    transpose_words(reinterpret_cast<const std::byte*>(rounded), n, sizeof rounded[0],
                    (block + 1) / 2, panel + k0 / 2 * kPanelRowBytes + column * kWordBytes);
  }
}

}  // namespace

void PackedLinear::pack_rows(std::int64_t first, std::int64_t n, const float* rows) {
  while (n > 0) {
    const std::int64_t column = first % kPanelColumns;
    const std::int64_t count = std::min(n, kPanelColumns - column);
    std::byte* panel = packed_->panel(first / kPanelColumns);
    if (column == 0 && count < kPanelColumns) {
      std::memset(panel, 0, static_cast<std::size_t>(packed_->panel_bytes));
    }
    if (precision_ == Precision::f32) {
      pack_panel_f32(rows, count, in_features_, column, panel);
    } else {
      pack_panel_bf16(rows, count, in_features_, column, panel);
    }
    first += count;
    rows += count * in_features_;
    n -= count;
  }
}

namespace {

/// Long sums go in even blocks of inputs: a panel's part stays in cache, and errors grow less.
std::int64_t depth_block(std::int64_t in_features) {
  constexpr std::int64_t kMost = 1024, kStep = 16;
  const std::int64_t blocks = (in_features + kMost - 1) / kMost;
  return (in_features + blocks * kStep - 1) / (blocks * kStep) * kStep;
}

/// Columns of a panel, and the panel read after it (or null).
struct PanelPlace {
  const std::byte* panel;
  std::int64_t column;
  const std::byte* next;

  /// The words of an input, or of a pair of inputs.
  template <typename Word>
  const Word* at(std::int64_t input) const {
    return reinterpret_cast<const Word*>(panel) + input * kPanelColumns + column;
  }
  template <typename Word>
  const Word* ahead(std::int64_t input) const {
    if (next == nullptr) return nullptr;
    return reinterpret_cast<const Word*>(next) + input * kPanelColumns;
  }
};

/// Calls multiply_block(first input, inputs, output) for the blocks of inputs in order; the sums of
/// all but the last are kept aside.
void for_each_depth_block(std::int64_t rows, std::int64_t in_features, const PanelOutput& out,
                          const auto& multiply_block) {
  thread_local AlignedBuffer<float> partial;
  const std::int64_t block = depth_block(in_features);
  std::int64_t k = 0;
  if (block < in_features) partial.reserve(rows * kPanelColumns);
  for (; k + block < in_features; k += block) {
    multiply_block(k, block, PanelOutput{partial.data(), kPanelColumns, out.columns, k > 0});
  }
  PanelOutput last = out;
  if (k > 0) last.partial = partial.data();
  multiply_block(k, in_features - k, last);
}

void multiply_f32(const float* x, std::int64_t rows, std::int64_t in_features,
                  const PanelPlace& place, const PanelOutput& out) {
  for_each_depth_block(rows, in_features, out,
                       [&](std::int64_t k, std::int64_t depth, const PanelOutput& block) {
                         multiply_panel(x + k, in_features, rows, place.at<float>(k), kPanelColumns,
                                        depth, block, place.ahead<float>(k));
                       });
}

void round_to_pairs(const float* x, std::int64_t rows, std::int64_t in_features,
                    AlignedBuffer<BFloat16Pair>& pairs) {
  const std::int64_t width = pair_count(in_features);
  pairs.reserve(rows * width);
  for (std::int64_t r = 0; r < rows; ++r) {
    BFloat16Pair* to = pairs.data() + r * width;
    to[width - 1] = 0;
    round_to_bfloat16({x + r * in_features, static_cast<std::size_t>(in_features)},
                      reinterpret_cast<bfloat16*>(to));
  }
}

void multiply_bf16(const BFloat16Pair* x, std::int64_t rows, std::int64_t in_features,
                   const PanelPlace& place, const PanelOutput& out) {
  const std::int64_t width = pair_count(in_features);
  for_each_depth_block(
      rows, in_features, out, [&](std::int64_t k, std::int64_t depth, const PanelOutput& block) {
        multiply_bf16_panel(x + k / 2, width, rows, place.at<BFloat16Pair>(k / 2), kPanelColumns,
                            pair_count(depth), block, place.ahead<BFloat16Pair>(k / 2));
      });
}

}  // namespace

float PackedLinear::weight(std::int64_t output, std::int64_t input) const {
  const std::byte* panel = panel_of(output);
  const std::int64_t column = output % kPanelColumns;
  if (precision_ == Precision::f32) {
    return reinterpret_cast<const float*>(panel)[input * kPanelColumns + column];
  }
  const auto* values = reinterpret_cast<const bfloat16*>(panel);
  return from_bfloat16(values[(input / 2 * kPanelColumns + column) * 2 + input % 2]);
}

void PackedLinear::read_column(std::int64_t input, float* out) const {
  for (std::int64_t i = 0; i < out_features_; ++i) out[i] = weight(i, input);
}

void PackedLinear::read_row(std::int64_t output, float* out) const {
  for (std::int64_t i = 0; i < in_features_; ++i) out[i] = weight(output, i);
}

PackedLinear PackedLinear::transposed() const {
  PackedLinear result(in_features_, out_features_, Precision::f32, false);
  std::vector<float> rows(kPanelColumns * out_features_);
  for (std::int64_t first = 0; first < in_features_; first += kPanelColumns) {
    const std::int64_t n = std::min(kPanelColumns, in_features_ - first);
    for (std::int64_t i = 0; i < n; ++i) read_column(first + i, rows.data() + i * out_features_);
    result.pack_rows(first, n, rows.data());
  }
  return result;
}

void PackedLinear::multiply(const float* x, std::int64_t rows, float* y, bool accumulate) const {
  multiply_columns(x, rows, {0, out_features_}, y, accumulate);
}

void PackedLinear::multiply_block(const float* x, std::int64_t rows, Range columns,
                                  float* y) const {
  multiply_panels(x, rows, columns, y, columns.size(), false, nullptr);
}

const std::byte* PackedLinear::panel_of(std::int64_t column) const {
  return packed_->panel(column / kPanelColumns);
}

void PackedLinear::multiply_columns(const float* x, std::int64_t rows, Range columns, float* y,
                                    bool accumulate, const std::byte* next) const {
  multiply_panels(x, rows, columns, y + columns.begin, out_features_, accumulate, next);
}

void PackedLinear::multiply_panels(const float* x, std::int64_t rows, Range columns, float* y,
                                   std::int64_t y_stride, bool accumulate,
                                   const std::byte* next) const {
  // Few enough that they and a panel stay in a small L2 cache.
  constexpr std::int64_t kBlockRows = 128;
  thread_local AlignedBuffer<BFloat16Pair> pairs;
  const bool is_f32 = precision_ == Precision::f32;
  const std::int64_t n_pairs = pair_count(in_features_);
  if (!is_f32) round_to_pairs(x, rows, in_features_, pairs);
  for (std::int64_t j = columns.begin; j < columns.end;) {
    const std::int64_t panel_end = (j / kPanelColumns + 1) * kPanelColumns;
    const std::int64_t n = std::min<std::int64_t>(columns.end, panel_end) - j;
    const std::byte* after = panel_end < columns.end ? panel_of(panel_end) : next;
    const float* bias = packed_->bias.size() > 0 ? packed_->bias.data() + j : nullptr;
    for (std::int64_t r = 0; r < rows; r += kBlockRows) {
      const std::int64_t block = std::min(kBlockRows, rows - r);
      const PanelPlace place{panel_of(j), j % kPanelColumns, r + block == rows ? after : nullptr};
      const PanelOutput out{y + r * y_stride + j - columns.begin, y_stride, n, accumulate, bias};
      if (is_f32) {
        multiply_f32(x + r * in_features_, block, in_features_, place, out);
      } else {
        multiply_bf16(pairs.data() + r * n_pairs, block, in_features_, place, out);
      }
    }
    j += n;
  }
}

}  // namespace headlens
