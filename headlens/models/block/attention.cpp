#include "headlens/models/block/attention.h"

#include <algorithm>
#include <limits>

#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/softmax.h"

namespace headlens {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

std::int64_t panels(std::int64_t keys) { return (keys + kPanelColumns - 1) / kPanelColumns; }

}  // namespace

std::int64_t scratch_row_floats(std::int64_t keys) {
  // Rows a power of two apart would share a few lines of the cache; one line more parts them.
  constexpr std::int64_t kCacheLineFloats = 16;
  return panels(keys) * kPanelColumns + kCacheLineFloats;
}

std::int64_t padded_head_width(const BlockSpec& spec) { return (spec.d_head + 15) / 16 * 16; }

Attention::Attention(const BlockSpec& spec, const RowBatch& batch, const Taps& taps,
                     Workspace& memory, Lane& lane, int layer)
    : spec_(spec),
      batch_(batch),
      taps_(taps),
      memory_(memory),
      lane_(lane),
      scores_site_{SiteKind::attn_scores, layer},
      pattern_site_{SiteKind::pattern, layer} {}

void Attention::store_keys(Range rows) {
  const std::int64_t d_head = spec_.d_head;
  std::int64_t sequence = 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    while (row >= batch_.sequences()[sequence].first_row + batch_.sequences()[sequence].length) {
      ++sequence;
    }
    const std::int64_t position = batch_.position(row);
    const std::int64_t panel = memory_.first_panel[sequence] + position / kPanelColumns;
    const float* k = memory_.qkv.data() + row * spec_.qkv_width() + spec_.q_width();
    for (std::int64_t g = 0; g < spec_.n_kv_heads; ++g) {
      float* column = memory_.key_panels.data() +
                      (g * memory_.n_panels + panel) * d_head * kPanelColumns +
                      position % kPanelColumns;
      for (std::int64_t d = 0; d < d_head; ++d) column[d * kPanelColumns] = k[g * d_head + d];
    }
  }
}

void Attention::store_values(Range rows) {
  const std::int64_t d_head = spec_.d_head, padded = padded_head_width(spec_);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* v =
        memory_.qkv.data() + row * spec_.qkv_width() + spec_.q_width() + spec_.kv_width();
    for (std::int64_t g = 0; g < spec_.n_kv_heads; ++g) {
      std::copy_n(v + g * d_head, d_head,
                  memory_.values.data() + (g * batch_.rows() + row) * padded);
    }
  }
}

Range Attention::visible_keys(std::int64_t sequence, std::int64_t query) const {
  const std::int64_t end = spec_.causal ? query + 1 : batch_.sequences()[sequence].length;
  const std::int64_t begin =
      spec_.window ? std::max<std::int64_t>(0, query + 1 - *spec_.window) : 0;
  return {begin, end};
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
  const std::int64_t length = batch_.sequences()[s].length;
  return {s, index % spec_.n_heads, {t * kQueryTile, std::min((t + 1) * kQueryTile, length)}};
}

std::int64_t Attention::scratch_stride(std::int64_t sequence) const {
  return scratch_row_floats(batch_.sequences()[sequence].length);
}

void Attention::score(const Tile& tile, float* scores) const {
  const std::int64_t width = spec_.qkv_width(), d_head = spec_.d_head;
  const std::int64_t stride = scratch_stride(tile.sequence);
  const std::int64_t first_row = batch_.sequences()[tile.sequence].first_row;
  const float* q =
      memory_.qkv.data() + (first_row + tile.queries.begin) * width + tile.head * d_head;
  const std::int64_t group = tile.head / (spec_.n_heads / spec_.n_kv_heads);
  const float* keys =
      memory_.key_panels.data() +
      (group * memory_.n_panels + memory_.first_panel[tile.sequence]) * d_head * kPanelColumns;
  const std::int64_t begin = visible_keys(tile.sequence, tile.queries.begin).begin / kPanelColumns;
  const std::int64_t end = panels(visible_keys(tile.sequence, tile.queries.end - 1).end);
  for (std::int64_t p = begin; p < end; ++p) {
    multiply_panel(q, width, tile.queries.size(), keys + p * d_head * kPanelColumns, kPanelColumns,
                   d_head, scores + p * kPanelColumns, stride, kPanelColumns, false);
  }
  const auto scale = static_cast<float>(spec_.attention_scale);
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const Range keys_seen = visible_keys(tile.sequence, tile.queries.begin + i);
    scale_row(scores + i * stride + keys_seen.begin, scale, keys_seen.size());
  }
}

void Attention::softmax(const Tile& tile, float* scores) const {
  const std::int64_t stride = scratch_stride(tile.sequence);
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const Range seen = visible_keys(tile.sequence, tile.queries.begin + i);
    float* row = scores + i * stride;
    std::fill(row, row + seen.begin, 0.0f);
    softmax_row(row + seen.begin, seen.size());
    std::fill(row + seen.end, row + stride, 0.0f);
  }
}

void Attention::softmax_everywhere(const Tile& tile, float* scores) const {
  const std::int64_t stride = scratch_stride(tile.sequence);
  const std::int64_t length = batch_.sequences()[tile.sequence].length;
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) softmax_row(scores + i * stride, length);
}

void Attention::weigh_values(const Tile& tile, const float* pattern, bool all_keys) const {
  const std::int64_t padded = padded_head_width(spec_), d_head = spec_.d_head;
  const RowBatch::Sequence& sequence = batch_.sequences()[tile.sequence];
  const std::int64_t group = tile.head / (spec_.n_heads / spec_.n_kv_heads);
  const Range seen = all_keys ? Range{0, sequence.length}
                              : Range{visible_keys(tile.sequence, tile.queries.begin).begin,
                                      visible_keys(tile.sequence, tile.queries.end - 1).end};
  const float* values =
      memory_.values.data() + (group * batch_.rows() + sequence.first_row + seen.begin) * padded;
  float* z = memory_.z.data() + (sequence.first_row + tile.queries.begin) * spec_.q_width() +
             tile.head * d_head;
  for (std::int64_t d = 0; d < d_head; d += kPanelColumns) {
    multiply_panel(pattern + seen.begin, scratch_stride(tile.sequence), tile.queries.size(),
                   values + d, padded, seen.size(), z + d, spec_.q_width(),
                   std::min(kPanelColumns, d_head - d), false);
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
  const std::int64_t stride = scratch_stride(tile.sequence);
  const std::int64_t length = batch_.sequences()[tile.sequence].length;
  for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
    const std::int64_t query = tile.queries.begin + i;
    const Range seen = visible_keys(tile.sequence, query);
    float* row = tensor_row(tile, query, tensor);
    std::fill(row, row + seen.begin, masked);
    std::copy(scratch + i * stride + seen.begin, scratch + i * stride + seen.end, row + seen.begin);
    std::fill(row + seen.end, row + length, masked);
  }
}

void Attention::load(const Tile& tile, const float* tensor, float* scratch) const {
  const std::int64_t stride = scratch_stride(tile.sequence);
  const std::int64_t length = batch_.sequences()[tile.sequence].length;
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
  if (taps_.is_edited(scores_site_) || taps_.is_edited(pattern_site_)) return run_edited();
  for_each_tile([&](const Tile& tile, float* scratch) {
    tell_pattern(tile, scratch);
    weigh_values(tile, scratch, false);
  });
}

void Attention::run_pattern_only() {
  for_each_tile([&](const Tile& tile, float* scratch) { tell_pattern(tile, scratch); });
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
    const std::int64_t stride = scratch_stride(tile.sequence);
    for (std::int64_t i = 0; i < tile.queries.size(); ++i) {
      std::copy_n(scratch + i * stride, batch_.sequences()[tile.sequence].length,
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
