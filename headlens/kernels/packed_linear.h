#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "headlens/base/team.h"

namespace headlens {

/// What the products read; sums are always float32.
enum class Precision : std::uint8_t { f32, bf16 };

std::string_view to_string(Precision precision);

/// y = x W^T + b with the weights packed once, in panels of kPanelColumns output features. Weights
/// are filled in row by row from float32 and are then immutable; products may run on several
/// threads at once. A row's sums run over the inputs in an order that depends on nothing else.
class PackedLinear {
 public:
  PackedLinear();
  /// @param out_features, in_features  the shape of W, as in a checkpoint's [out, in]
  /// @param has_bias  starts as zeros; see bias()
  PackedLinear(std::int64_t out_features, std::int64_t in_features, Precision precision,
               bool has_bias);
  ~PackedLinear();
  PackedLinear(PackedLinear&&) noexcept;
  PackedLinear& operator=(PackedLinear&&) noexcept;

  /// Sets rows [first, first + n) of W from row-major float32 [n, in_features]. Different rows may
  /// be packed by different threads, whole panels (kPanelColumns rows) each.
  void pack_rows(std::int64_t first, std::int64_t n, const float* rows);
  /// Writable, [out_features]; empty without a bias.
  std::span<float> bias();
  std::span<const float> bias() const;

  /// y[rows, out_features] (+)= x[rows, in_features] W^T + b, on the calling thread alone.
  void multiply(const float* x, std::int64_t rows, float* y, bool accumulate) const;

  /// The same for output features [columns.begin, columns.end) only. y is dense with
  /// y_stride = columns.size(); begin and end are multiples of kPanelColumns (or the end of W).
  void multiply_block(const float* x, std::int64_t rows, Range columns, float* y) const;

  /// The same, writing into y[rows, out_features] only the given output features, so that threads
  /// can share one product by columns. begin and end are multiples of kColumnGrain (or the end of
  /// W).
  /// @param next  the panel this thread reads after these; it is brought to cache meanwhile. Few
  ///     rows take about as long to multiply as weights to read: both must go on all the time.
  void multiply_columns(const float* x, std::int64_t rows, Range columns, float* y, bool accumulate,
                        const std::byte* next = nullptr) const;

  /// The panel that holds an output feature.
  const std::byte* panel_of(std::int64_t column) const;

  /// The weights of one input: W[:, input].
  /// @param out  [out_features]
  void read_column(std::int64_t input, float* out) const;
  /// The weights of one output: W[output, :].
  /// @param out  [in_features]
  void read_row(std::int64_t output, float* out) const;
  /// W^T without a bias, in float32: gradients of x are dy W.
  PackedLinear transposed() const;

  std::int64_t out_features() const { return out_features_; }
  std::int64_t in_features() const { return in_features_; }
  bool empty() const { return out_features_ == 0; }
  Precision precision() const { return precision_; }
  /// Of the packed weights.
  std::int64_t byte_size() const;

  static constexpr std::int64_t kColumnGrain = 32;

 private:
  struct Packed;
  float weight(std::int64_t output, std::int64_t input) const;
  /// Columns of y, whose first is that of columns.begin, by multiply_panel().
  void multiply_panels(const float* x, std::int64_t rows, Range columns, float* y,
                       std::int64_t y_stride, bool accumulate, const std::byte* next) const;

  std::int64_t out_features_ = 0;
  std::int64_t in_features_ = 0;
  Precision precision_ = Precision::f32;
  std::unique_ptr<Packed> packed_;
};

}  // namespace headlens
