#include "headlens/models/block/lane_split.h"

namespace headlens {
namespace {

/// Tall enough for full-speed products, small enough that a chunk of a gated MLP stays in L2.
constexpr std::int64_t kChunkRows = 128;

}  // namespace

std::int64_t LaneSplit::chunk_rows() { return kChunkRows; }

LaneSplit::LaneSplit(Lane& lane, Split split, std::int64_t rows, bool whole_buffers)
    : lane_(lane), split_(split), whole_buffers_(whole_buffers) {
  if (split == Split::columns) {
    chunks_ = {{0, rows}};
    return;
  }
  const Range share = lane.share(rows);
  if (whole_buffers) {
    chunks_ = {share};
    return;
  }
  const std::int64_t count =
      std::max<std::int64_t>(1, (share.size() + kChunkRows - 1) / kChunkRows);
  for (std::int64_t i = 0; i < count; ++i) {
    chunks_.push_back(
        {share.begin + share.size() * i / count, share.begin + share.size() * (i + 1) / count});
  }
}

Range LaneSplit::own(Range chunk) const {
  if (split_ == Split::rows) return chunk;
  const Range share = lane_.share(chunk.size());
  return {chunk.begin + share.begin, chunk.begin + share.end};
}

void LaneSplit::sync() {
  if (split_ == Split::columns) lane_.barrier();
}

void LaneSplit::multiply(const PackedLinear& weights, Range chunk, const float* x, float* y,
                         bool accumulate, const PackedLinear* next) {
  if (split_ == Split::rows) {
    weights.multiply(x, chunk.size(), y, accumulate);
    return;
  }
  lane_.barrier();
  multiply_own_columns(weights, chunk, x, y, accumulate, next);
  lane_.barrier();
}

Range LaneSplit::own_columns(const PackedLinear& weights) const {
  return lane_.share(weights.out_features(), PackedLinear::kColumnGrain);
}

void LaneSplit::multiply_own_columns(const PackedLinear& weights, Range chunk, const float* x,
                                     float* y, bool accumulate, const PackedLinear* next) {
  const bool fetches = next != nullptr && !next->empty();
  weights.multiply_columns(x, chunk.size(), own_columns(weights), y, accumulate,
                           fetches ? next->panel_of(own_columns(*next).begin) : nullptr);
}

}  // namespace headlens
