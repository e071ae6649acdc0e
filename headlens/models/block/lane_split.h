#pragma once

#include <algorithm>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/kernels/packed_linear.h"

namespace headlens {

/// How a team divides the products of one run.
enum class Split : std::uint8_t {
  rows,     ///< each lane takes its own rows through all columns; nothing waits inside a stage
  columns,  ///< all lanes take all rows, each its own columns: few rows, weights read once
};

/// Runs the row-wise stages of a forward pass on one lane of a team. Values of a stage lie in
/// buffers that are either shared by all lanes, one row a row of the batch, or this lane's own,
/// one chunk long: a chunk's values then stay in cache from one product to the next.
class LaneSplit {
 public:
  /// @param whole_buffers  stages keep values of all rows at once (hooks edit across rows)
  LaneSplit(Lane& lane, Split split, std::int64_t rows, bool whole_buffers);

  /// The chunks of rows this lane takes through a stage, in order. Every lane has at least one,
  /// which may be empty.
  const std::vector<Range>& chunks() const { return chunks_; }
  /// Rows of a chunk on which this lane does element-wise work.
  Range own(Range chunk) const;
  bool lane_buffers() const { return split_ == Split::rows && !whole_buffers_; }
  static std::int64_t chunk_rows();

  /// y[rows of chunk] (+)= x W^T + b; x and y point at the chunk's first row.
  /// @param next  the weights of the product after this one, fetched meanwhile; may be null
  void multiply(const PackedLinear& weights, Range chunk, const float* x, float* y, bool accumulate,
                const PackedLinear* next);
  /// Makes lanes see each other's element-wise work where a product will need it.
  void sync();

 private:
  void multiply_own_columns(const PackedLinear& weights, Range chunk, const float* x, float* y,
                            bool accumulate, const PackedLinear* next);
  Range own_columns(const PackedLinear& weights) const;

  Lane& lane_;
  Split split_;
  bool whole_buffers_;
  std::vector<Range> chunks_;
};

}  // namespace headlens
