#include "headlens/models/block/workspace.h"

#include <algorithm>

#include "headlens/models/block/attention.h"
#include "headlens/models/block/lane_split.h"

namespace headlens {

void StageBuffers::reserve(const BlockSpec& spec, std::int64_t rows) {
  normed.reserve(rows * spec.d_model);
  branch.reserve(rows * std::max(spec.d_model, spec.q_width()));
  mlp_in.reserve(rows * spec.mlp_in_width());
  mlp_post.reserve(rows * spec.d_mlp);
}

void Workspace::reserve(const BlockSpec& spec, const RowBatch& batch, int n_lanes,
                        bool lane_buffers) {
  const std::int64_t rows = batch.rows();
  reserve_for_patterns(spec, batch, n_lanes);
  residual.reserve(rows * spec.d_model);
  z.reserve(rows * spec.q_width());
  key_values.reserve_values(spec, rows);
  scales.reserve(rows);
  if (spec.rotary) {
    const auto n_pairs = static_cast<std::int64_t>(spec.rotary->inverse_frequencies.size());
    cosine.reserve(rows * n_pairs);
    sine.reserve(rows * n_pairs);
  }

  lanes.resize(n_lanes);
  if (lane_buffers) {
    for (StageBuffers& buffers : lanes) {
      buffers.reserve(spec, std::min(rows, LaneSplit::chunk_rows() + 1));
    }
  } else {
    shared.reserve(spec, rows);
  }
}

void Workspace::reserve_for_patterns(const BlockSpec& spec, const RowBatch& batch, int n_lanes) {
  qkv.reserve(batch.rows() * spec.qkv_width());
  first_panel.clear();
  std::int64_t n_panels = 0, widest = 0;
  for (const RowBatch::Sequence& sequence : batch.sequences()) {
    first_panel.push_back(n_panels);
    n_panels += key_panels(sequence.length);
    widest = std::max(widest, scratch_row_floats(sequence));
  }
  key_values.reserve_keys(spec, n_panels);
  scores.resize(n_lanes);
  for (AlignedBuffer<float>& tile : scores) tile.reserve(kQueryTile * widest);
}

void Workspace::keep_rows(const BlockSpec& spec, std::span<const std::int64_t> rows) {
  const auto move_rows = [&](float* values, std::int64_t width) {
    for (std::int64_t to = 0; to < std::ssize(rows); ++to) {
      if (rows[to] != to) std::copy_n(values + rows[to] * width, width, values + to * width);
    }
  };
  move_rows(residual.data(), spec.d_model);
  move_rows(z.data(), spec.q_width());
}

}  // namespace headlens
