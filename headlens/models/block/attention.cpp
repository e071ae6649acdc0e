#include "headlens/models/block/attention.h"

#include <algorithm>
#include <limits>

#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/softmax.h"
#include "headlens/models/base_run.h"

namespace headlens {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

}  // namespace

std::int64_t scratch_row_floats(const RowBatch::Sequence& sequence) {
  // Rows a power of two apart would share a few lines of the cache; one line more parts them.
  constexpr std::int64_t kCacheLineFloats = 16;
  const std::int64_t floats = std::max(sequence.start + key_panels(sequence.length) * kPanelColumns,
                                       key_panels(sequence.start) * kPanelColumns);
  return (floats + kCacheLineFloats - 1) / kCacheLineFloats * kCacheLineFloats + kCacheLineFloats;
}

Attention::Attention(const BlockSpec& spec, const RowBatch& batch, const Taps& taps,
                     Workspace& memory, Lane& lane, int layer)
    : spec_(spec),
      batch_(batch),
      taps_(taps),
      memory_(memory),
      lane_(lane),
      layer_(layer),
      scores_site_{SiteKind::attn_scores, layer},
      pattern_site_{SiteKind::pattern, layer} {}

void Attention::store_keys(Range rows) {
  std::int64_t s = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const auto& all = batch_.sequences();
    while (row >= all[s].first_row + all[s].length) ++s;
    const std::int64_t place = row - all[s].first_row;
    memory_.key_values.store_key(spec_, memory_.first_panel[s] + place / kPanelColumns,
                                 place % kPanelColumns,
                                 memory_.qkv.data() + row * spec_.qkv_width() + spec_.q_width());
  }
}

void Attention::store_values(Range rows) {
  const std::int64_t before = spec_.q_width() + spec_.kv_width();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    memory_.key_values.store_value(spec_, row,
                                   memory_.qkv.data() + row * spec_.qkv_width() + before);
  }
}

Range Attention::visible_keys(const Tile& tile, std::int64_t query) const {
  const std::int64_t end = spec_.causal ? query + 1 : sequence_of(tile).end();
  const std::int64_t begin =
      spec_.window ? std::max<std::int64_t>(0, query + 1 - *spec_.window) : 0;
  return {begin, end};
}

Range Attention::visible_keys(const Tile& tile) const {
  return {visible_keys(tile, tile.queries.begin).begin,
          visible_keys(tile, tile.queries.end - 1).end};
}

std::int64_t Attention::first_row(const Tile& tile) const {
  return sequence_of(tile).first_row + tile.queries.begin - sequence_of(tile).start;
}

std::int64_t Attention::kv_head(const Tile& tile) const {
  return tile.head / (spec_.n_heads / spec_.n_kv_heads);
}

std::int64_t Attention::tiles_per_head(std::int64_t sequence) const {
  return (batch_.sequences()[sequence].length + kQueryTile - 1) / kQueryTile;
}

std::int64_t Attention::tile_count() const {
  std::int64_t count = 0;
  for (std::int64_t s = 0; s < batch_.size(); ++s) count += tiles_per_head(s) * spec_.n_heads;
  return count;
}

Attention::Tile Attention::tile(std::int64_t index) const {
  std::int64_t s = 0;
  while (index >= tiles_per_head(s) * spec_.n_heads) index -= tiles_per_head(s++) * spec_.n_heads;
  // A causal head's last tile is its largest: taking it first evens out the lanes.
  const std::int64_t t = tiles_per_head(s) - 1 - index / spec_.n_heads;
  const RowBatch::Sequence& sequence = batch_.sequences()[s];
  return {s,
          index % spec_.n_heads,
          {sequence.start + t * kQueryTile,
           std::min(sequence.start + (t + 1) * kQueryTile, sequence.end())}};
}

/// Scores against the base run's keys come first: its last panel may hold keys that the batch's own
/// rows replace, whose scores are then written over.
void Attention::score(const Tile& tile, float* scores) const {
  const RowBatch::Sequence& sequence = sequence_of(tile);
  const Range seen = visible_keys(tile);
  const std::int64_t start = sequence.start;
  if (seen.begin < start) {
    score_panels(tile, sequence.base->layers[layer_].key_values, 0, {seen.begin, start}, scores);
  }
  score_panels(tile, memory_.key_values, memory_.first_panel[tile.sequence],
               {std::max<std::int64_t>(0, seen.begin - start), seen.end - start}, scores + start);
  const auto scale = static_cast<float>(spec_.attention_scale);
  const std::int64_t stride = scratch_stride(tile);
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const Range keys_seen = visible_keys(tile, tile.queries.begin + i);
    scale_row(scores + i * stride + keys_seen.begin, scale, keys_seen.size());
  }
}

/// Scores of whole panels, of the last one whole vectors, around some columns.
/// @param scores  of the key in column 0 of panel 0
void Attention::score_panels(const Tile& tile, const KeyValues& keys, std::int64_t first_panel,
                             Range columns, float* scores) const {
  constexpr std::int64_t kVector = 16;
  const std::int64_t width = spec_.qkv_width(), d_head = spec_.d_head;
  const float* q = memory_.qkv.data() + first_row(tile) * width + tile.head * d_head;
  for (std::int64_t p = columns.begin / kPanelColumns; p < key_panels(columns.end); ++p) {
    const std::int64_t left = columns.end - p * kPanelColumns;
    multiply_panel(q, width, tile.queries.size(), keys.keys(spec_, kv_head(tile), first_panel + p),
                   kPanelColumns, d_head,
                   {scores + p * kPanelColumns, scratch_stride(tile),
                    std::min(kPanelColumns, (left + kVector - 1) / kVector * kVector)});
  }
}

void Attention::softmax(const Tile& tile, float* scores) const {
  const std::int64_t stride = scratch_stride(tile);
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const Range seen = visible_keys(tile, tile.queries.begin + i);
    float* row = scores + i * stride;
    std::fill(row, row + seen.begin, 0.0f);
    softmax_row(row + seen.begin, seen.size());
    std::fill(row + seen.end, row + stride, 0.0f);
  }
}

void Attention::softmax_everywhere(const Tile& tile, float* scores) const {
  const std::int64_t stride = scratch_stride(tile), length = sequence_of(tile).end();
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) softmax_row(scores + i * stride, length);
}

void Attention::weigh_values(const Tile& tile, const float* pattern, bool all_keys) const {
  const RowBatch::Sequence& sequence = sequence_of(tile);
  const std::int64_t start = sequence.start;
  const Range seen = all_keys ? Range{0, sequence.end()} : visible_keys(tile);
  const bool reads_base = seen.begin < start;
  if (reads_base) {
    const KeyValues& base = sequence.base->layers[layer_].key_values;
    add_values(tile, pattern + seen.begin, base.values(spec_, kv_head(tile), seen.begin),
               start - seen.begin, false);
  }
  const std::int64_t own = std::max<std::int64_t>(seen.begin, start);
  add_values(tile, pattern + own,
             memory_.key_values.values(spec_, kv_head(tile), sequence.first_row + own - start),
             seen.end - own, reads_base);
}

void Attention::add_values(const Tile& tile, const float* pattern, const float* values,
                           std::int64_t count, bool accumulate) const {
  const std::int64_t d_head = spec_.d_head;
  float* z = memory_.z.data() + first_row(tile) * spec_.q_width() + tile.head * d_head;
  for (std::int64_t d = 0; d < d_head; d += kPanelColumns) {
    multiply_panel(pattern, scratch_stride(tile), tile.queries.size(), values + d,
                   padded_head_width(spec_), count,
                   {z + d, spec_.q_width(), std::min(kPanelColumns, d_head - d), accumulate});
  }
}

float* Attention::tensor_row(const Tile& tile, std::int64_t query, float* tensor) const {
  const std::int64_t n = batch_.padded_length(), offset = batch_.padded_offset(tile.sequence);
  return tensor +
         ((batch_.batch_index(tile.sequence) * spec_.n_heads + tile.head) * n + offset + query) *
             n +
         offset;
}

void Attention::store(const Tile& tile, const float* scratch, float* tensor, float masked) const {
  const std::int64_t stride = scratch_stride(tile);
  const std::int64_t length = sequence_of(tile).length;
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const std::int64_t query = tile.queries.begin + i;
    const Range seen = visible_keys(tile, query);
    float* row = tensor_row(tile, query, tensor);
    std::fill(row, row + seen.begin, masked);
    std::copy(scratch + i * stride + seen.begin, scratch + i * stride + seen.end, row + seen.begin);
    std::fill(row + seen.end, row + length, masked);
  }
}

void Attention::load(const Tile& tile, const float* tensor, float* scratch) const {
  const std::int64_t stride = scratch_stride(tile);
  const std::int64_t length = sequence_of(tile).length;
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const float* row = tensor_row(tile, tile.queries.begin + i, const_cast<float*>(tensor));
    std::copy_n(row, length, scratch + i * stride);
    std::fill(scratch + i * stride + length, scratch + (i + 1) * stride, 0.0f);
  }
}

template <typename Body>
void Attention::for_each_tile(const Body& body) {
  float* scratch = memory_.scores[lane_.index()].data();
  lane_.for_each_dynamic(tile_count(), [&](std::ptrdiff_t index) { body(tile(index), scratch); });
}

void Attention::tell_pattern(const Tile& tile, float* scratch) const {
  float* cached_scores = taps_.pattern_target(scores_site_);
  float* cached_pattern = taps_.pattern_target(pattern_site_);
  score(tile, scratch);
  if (cached_scores != nullptr) store(tile, scratch, cached_scores, kMasked);
  softmax(tile, scratch);
  if (cached_pattern != nullptr) store(tile, scratch, cached_pattern, 0.0f);
}

void Attention::run() {
  if (taps_.is_edited(scores_site_) || taps_.is_edited(pattern_site_)) {
    return taps_.row_edits() != nullptr ? run_row_edited(*taps_.row_edits()) : run_edited();
  }
  for_each_tile([&](const Tile& tile, float* scratch) {
    tell_pattern(tile, scratch);
    weigh_values(tile, scratch, false);
  });
}

void Attention::run_pattern_only() {
  for_each_tile([&](const Tile& tile, float* scratch) { tell_pattern(tile, scratch); });
}

void Attention::mask(const Tile& tile, float* scores) const {
  const std::int64_t stride = scratch_stride(tile);
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const Range seen = visible_keys(tile, tile.queries.begin + i);
    float* row = scores + i * stride;
    std::fill(row, row + seen.begin, kMasked);
    std::fill(row + seen.end, row + stride, kMasked);
  }
}

void Attention::run_row_edited(const RowEdits& edits) {
  const bool edits_scores = edits.has(scores_site_), edits_pattern = edits.has(pattern_site_);
  for_each_tile([&](const Tile& tile, float* scratch) {
    const std::int64_t stride = scratch_stride(tile);
    score(tile, scratch);
    if (edits_scores) {
      mask(tile, scratch);
      edits.apply_to_pattern(scores_site_, tile.sequence, tile.head, tile.queries, scratch, stride);
      softmax_everywhere(tile, scratch);
    } else {
      softmax(tile, scratch);
    }
    if (edits_pattern) {
      edits.apply_to_pattern(pattern_site_, tile.sequence, tile.head, tile.queries, scratch,
                             stride);
    }
    weigh_values(tile, scratch, true);
  });
}

void Attention::run_edited() {
  const std::int64_t n = batch_.padded_length();
  if (lane_.index() == 0) {
    memory_.whole_scores = Tensor::zeros({batch_.batch_size(), spec_.n_heads, n, n});
  }
  lane_.barrier();
  Tensor& whole = memory_.whole_scores;
  const auto edit_and_cache = [&](Site site) {
    lane_.barrier();
    if (lane_.index() == 0) {
      if (taps_.is_edited(site)) taps_.edit(site, whole);
      if (float* target = taps_.pattern_target(site)) std::ranges::copy(whole.values(), target);
    }
    lane_.barrier();
  };
  for_each_tile([&](const Tile& tile, float* scratch) {
    score(tile, scratch);
    store(tile, scratch, whole.data(), kMasked);
  });
  edit_and_cache(scores_site_);
  for_each_tile([&](const Tile& tile, float* scratch) {
    load(tile, whole.data(), scratch);
    softmax_everywhere(tile, scratch);
    const std::int64_t stride = scratch_stride(tile);
    for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
      std::copy_n(scratch + i * stride, sequence_of(tile).length,
                  tensor_row(tile, tile.queries.begin + i, whole.data()));
    }
  });
  edit_and_cache(pattern_site_);
  for_each_tile([&](const Tile& tile, float* scratch) {
    load(tile, whole.data(), scratch);
    weigh_values(tile, scratch, true);
  });
}

}  // namespace headlens
