#include "headlens/interventions/sweep_plan.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/models/block/attention.h"

namespace headlens {
namespace {

/// Rows of a chunk: one chunk of LaneSplit, which keeps a stage's values in cache.
constexpr std::int64_t kChunkRows = 128;

std::int64_t rows_at_once(const std::vector<PlannedVariant>& planned, int threads) {
  std::int64_t total = 0;
  for (const PlannedVariant& variant : planned) total += variant.rows();
  return std::clamp<std::int64_t>((total + threads - 1) / threads, 1, kChunkRows);
}

std::string mebibytes(std::int64_t bytes) { return std::to_string((bytes >> 20) + 1) + " MiB"; }

}  // namespace

std::int64_t chunk_bytes(const ModelSpec& spec, std::int64_t rows, std::int64_t variants,
                         std::int64_t longest) {
  const BlockSpec& block = spec.block();
  const std::int64_t row = 3 * spec.d_model + block.qkv_width() + block.q_width() +
                           block.n_kv_heads * padded_head_width(block) + 2 * block.d_head;
  const std::int64_t stages =
      std::min<std::int64_t>(rows, LaneSplit::chunk_rows() + 1) *
      (spec.d_model + std::max(spec.d_model, block.q_width()) + block.mlp_in_width() + block.d_mlp);
  const std::int64_t keys = (variants + rows / kPanelColumns) * kPanelColumns * block.kv_width();
  const std::int64_t scores = kQueryTile * (longest + 2 * kPanelColumns);
  return static_cast<std::int64_t>(sizeof(float)) * (rows * row + stages + keys + scores);
}

SweepPlan plan_sweep(std::span<const Variant> variants, const ModelSpec& spec, int threads,
                     std::int64_t memory_bytes) {
  SweepPlan plan;
  std::vector<PlannedVariant> planned;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const Departure departure = departure_of(variants[i], spec);
    if (departure.position > variants[i].question->positions.back()) {
      plan.unmoved.push_back(i);
    } else {
      planned.push_back({&variants[i], departure, i});
    }
  }
  std::ranges::stable_sort(planned, {}, [](const PlannedVariant& p) {
    return std::pair(p.departure.layer, p.departure.after_attention);
  });
  plan.chunks = fill_chunks(planned, spec, threads, memory_bytes);
  return plan;
}

std::vector<Chunk> fill_chunks(const std::vector<PlannedVariant>& planned, const ModelSpec& spec,
                               int threads, std::int64_t memory_bytes,
                               std::int64_t more_row_bytes) {
  std::vector<Chunk> chunks;
  const auto bytes = [&](std::int64_t rows, std::int64_t variants, std::int64_t longest) {
    return threads * (chunk_bytes(spec, rows, variants, longest) + rows * more_row_bytes);
  };
  const std::int64_t limit = rows_at_once(planned, threads);
  std::int64_t rows = 0, longest = 0;
  for (const PlannedVariant& next : planned) {
    const std::int64_t length = std::max(longest, next.variant->base->length());
    const std::int64_t count = chunks.empty() ? 0 : std::ssize(chunks.back());
    const bool fits = bytes(rows + next.rows(), count + 1, length) <= memory_bytes;
    if (chunks.empty() || rows + next.rows() > limit || !fits) {
      chunks.emplace_back();
      rows = longest = 0;
      const std::int64_t alone = bytes(next.rows(), 1, next.variant->base->length());
      if (alone > memory_bytes) {
        throw ResourceError("one variant a thread takes " + mebibytes(alone) + ", but " +
                            mebibytes(memory_bytes) + " are left of the budget; raise --memory");
      }
    }
    chunks.back().push_back(next);
    rows += next.rows();
    longest = std::max(longest, next.variant->base->length());
  }
  return chunks;
}

}  // namespace headlens
