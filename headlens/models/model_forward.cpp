#include "headlens/models/model_forward.h"

#include <algorithm>

#include "headlens/base/cancellation.h"
#include "headlens/models/block/forward.h"
#include "headlens/models/block/head_rotation.h"
#include "headlens/models/block/normalize.h"
#include "headlens/models/output_head.h"

namespace headlens {
namespace {

/// Up to this many rows, reading the weights costs more than multiplying: lanes share columns.
constexpr std::int64_t kFewRows = 48;

Split way_to_split(std::int64_t rows) { return rows <= kFewRows ? Split::columns : Split::rows; }

}  // namespace

ModelForward::ModelForward(const Model& model, const RowBatch& batch, const Taps& taps,
                           Workspace& memory)
    : model_(model), batch_(batch), taps_(taps), memory_(memory) {}

void ModelForward::reserve(int n_lanes) {
  const bool lane_buffers = way_to_split(batch_.rows()) == Split::rows && !taps_.has_edits();
  const BlockSpec& block = model_.spec().block();
  memory_.reserve(block, batch_, n_lanes, lane_buffers);
  // Of rows that the last block keeps, which may be few though the batch's are many.
  if (lane_buffers) memory_.shared.reserve(block, kFewRows);
  const std::int64_t heads = taps_.hears(SiteKind::result) ? block.n_heads : 1;
  memory_.site_values.reserve(batch_.rows() * heads * block.d_model);
}

LaneSplit ModelForward::split_for(Lane& lane) const {
  return {lane, way_to_split(batch_.rows()), batch_.rows(), taps_.has_edits()};
}

void ModelForward::run(Lane& lane, const ForwardPlan& plan) {
  LaneSplit split = split_for(lane);
  embed(lane, split);
  const int last = plan.n_blocks - 1;
  for (int layer = 0; layer < last; ++layer) {
    check_cancellation();
    block(layer, plan, batch_, lane, split).run();
  }
  check_cancellation();
  if (last >= 0) block(last, plan, batch_, lane, split).attend();
  if (!plan.kept_rows) return finish(lane, plan, batch_, split);
  if (lane.index() == 0) memory_.keep_rows(model_.spec().block(), *plan.kept_rows);
  lane.barrier();
  const RowBatch kept = batch_.selection(*plan.kept_rows);
  LaneSplit kept_split(lane, way_to_split(kept.rows()), kept.rows(), false);
  finish(lane, plan, kept, kept_split);
}

BlockForward ModelForward::block(int layer, const ForwardPlan& plan, const RowBatch& batch,
                                 Lane& lane, LaneSplit& split) const {
  return {model_.spec().blocks[layer],
          model_.block(layer),
          weights_after(layer, plan),
          layer,
          batch,
          taps_,
          memory_,
          lane,
          split};
}

void ModelForward::finish(Lane& lane, const ForwardPlan& plan, const RowBatch& batch,
                          LaneSplit& split) {
  if (plan.n_blocks > 0) block(plan.n_blocks - 1, plan, batch, lane, split).finish();
  if (plan.final_norm) final_norm(lane, split, batch);
  if (plan.logits != nullptr) unembed(lane, plan);
  if (plan.class_logits != nullptr) {
    lane.barrier();
    if (lane.index() == 0) classify_rows(plan);
  }
}

const PackedLinear* ModelForward::weights_after(int layer, const ForwardPlan& plan) const {
  if (layer + 1 < plan.n_blocks) return &model_.block(layer + 1).qkv;
  return plan.logits != nullptr ? &model_.head().unembedding : nullptr;
}

void ModelForward::embed(Lane& lane, LaneSplit& split) {
  const EmbeddingTables& tables = model_.embeddings();
  const ModelSpec& spec = model_.spec();
  for (const Range chunk : split.chunks()) {
    const Range own = split.own(chunk);
    add_table(tables.token, SiteKind::embed, lane, own, true);
    if (spec.type_rows > 0) add_table(tables.type, SiteKind::token_type_embed, lane, own, false);
    if (spec.position_rows > 0) add_table(tables.position, SiteKind::pos_embed, lane, own, false);
    if (const auto& rotary = spec.block().rotary) {
      compute_rotations(*rotary, batch_, own, memory_.cosine.data(), memory_.sine.data());
    }
    if (!spec.embedding_norm) continue;
    for (std::int64_t row = own.begin; row < own.end; ++row) {
      float* x = memory_.residual.data() + row * spec.d_model;
      apply_norm(spec.block(), tables.norm, spec.d_model, x, x);
    }
  }
  split.sync();
}

void ModelForward::add_table(const StoredTensor& table, SiteKind site, Lane& lane, Range rows,
                             bool first) {
  const std::int64_t n = model_.spec().d_model;
  const bool heard = taps_.is_heard({site, -1});
  std::vector<float> one_row(n);
  const auto entry = [&](std::int64_t row) -> std::int64_t {
    if (site == SiteKind::embed) return batch_.id(row);
    if (site == SiteKind::token_type_embed) return batch_.type_id(row);
    return batch_.position(row) + model_.spec().position_offset;
  };
  const auto add = [&](std::int64_t row, const float* from) {
    float* to = memory_.residual.data() + row * n;
    for (std::int64_t i = 0; i < n; ++i) to[i] = first ? from[i] : to[i] + from[i];
  };
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* value = heard ? memory_.site_values.data() + row * n : one_row.data();
    Model::read_row(table, entry(row), value);
    if (!heard) add(row, value);
  }
  if (!heard) return;
  const float* values = memory_.site_values.data();
  taps_.rows({site, -1}, lane, batch_, rows, memory_.site_values.data(), n);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) add(row, values + row * n);
}

void ModelForward::final_norm(Lane& lane, LaneSplit& split, const RowBatch& batch) {
  const NormSites sites{{SiteKind::ln_final_scale, -1}, {SiteKind::ln_final_normalized, -1}};
  float* x = memory_.residual.data();
  for (const Range chunk : split.chunks()) {
    normalize_rows(sites, model_.spec().block(), model_.final_norm(), taps_, memory_, lane, batch,
                   split.own(chunk), x, x);
  }
}

void ModelForward::unembed(Lane& lane, const ForwardPlan& plan) {
  const std::int64_t n = model_.spec().d_model;
  const auto rows = static_cast<std::int64_t>(plan.logit_rows.size());
  lane.barrier();
  if (lane.index() == 0) {
    selected_.resize(rows * n);
    for (std::int64_t i = 0; i < rows; ++i) {
      std::copy_n(memory_.residual.data() + plan.logit_rows[i] * n, n, selected_.data() + i * n);
    }
    transform_for_prediction(model_, rows, selected_.data());
  }
  lane.barrier();
  LaneSplit split(lane, way_to_split(rows), rows, false);
  const std::int64_t width = model_.spec().vocab_size;
  for (const Range chunk : split.chunks()) {
    split.multiply(model_.head().unembedding, chunk, selected_.data() + chunk.begin * n,
                   plan.logits + chunk.begin * width, false, nullptr);
  }
}

void ModelForward::classify_rows(const ForwardPlan& plan) const {
  const std::int64_t n = model_.spec().d_model;
  std::vector<float> selected;
  for (const std::int64_t index : plan.class_rows) {
    const float* row = memory_.residual.data() + index * n;
    selected.insert(selected.end(), row, row + n);
  }
  classify(model_, std::ssize(plan.class_rows), selected.data(), plan.class_logits);
}

}  // namespace headlens
