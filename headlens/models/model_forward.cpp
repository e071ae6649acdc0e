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

}  // namespace

ModelForward::ModelForward(const Model& model, const RowBatch& batch, const Taps& taps,
                           Workspace& memory)
    : model_(model), batch_(batch), taps_(taps), memory_(memory) {}

Split ModelForward::way_to_split() const {
  return batch_.rows() <= kFewRows ? Split::columns : Split::rows;
}

void ModelForward::reserve(int n_lanes) {
  const bool lane_buffers = way_to_split() == Split::rows && !taps_.has_edits();
  const BlockSpec& block = model_.spec().block();
  memory_.reserve(block, batch_, n_lanes, lane_buffers);
  const std::int64_t heads = taps_.hears(SiteKind::result) ? block.n_heads : 1;
  memory_.site_values.reserve(batch_.rows() * heads * block.d_model);
}

LaneSplit ModelForward::split_for(Lane& lane) const {
  return {lane, way_to_split(), batch_.rows(), taps_.has_edits()};
}

void ModelForward::run(Lane& lane, const ForwardPlan& plan) {
  LaneSplit split = split_for(lane);
  embed(lane, split);
  for (int layer = 0; layer < plan.n_blocks; ++layer) {
    check_cancellation();
    BlockForward block(model_.spec().blocks[layer], model_.block(layer), weights_after(layer, plan),
                       layer, batch_, taps_, memory_, lane, split);
    block.run();
  }
  if (plan.final_norm) final_norm(lane, split);
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

void ModelForward::final_norm(Lane& lane, LaneSplit& split) {
  const NormSites sites{{SiteKind::ln_final_scale, -1}, {SiteKind::ln_final_normalized, -1}};
  float* x = memory_.residual.data();
  for (const Range chunk : split.chunks()) {
    normalize_rows(sites, model_.spec().block(), model_.final_norm(), taps_, memory_, lane, batch_,
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
  LaneSplit split(lane, rows <= kFewRows ? Split::columns : Split::rows, rows, false);
  const std::int64_t width = model_.spec().vocab_size;
  for (const Range chunk : split.chunks()) {
    split.multiply(model_.head().unembedding, chunk, selected_.data() + chunk.begin * n,
                   plan.logits + chunk.begin * width, false, nullptr);
  }
}

void ModelForward::classify_rows(const ForwardPlan& plan) const {
  const std::int64_t n = model_.spec().d_model;
  const float* residual = memory_.residual.data();
  if (model_.spec().output == OutputKind::token_classes) {
    return classify(model_, batch_.rows(), residual, plan.class_logits);
  }
  std::vector<float> first_tokens;
  for (const RowBatch::Sequence& sequence : batch_.sequences()) {
    const float* row = residual + sequence.first_row * n;
    first_tokens.insert(first_tokens.end(), row, row + n);
  }
  classify(model_, batch_.size(), first_tokens.data(), plan.class_logits);
}

}  // namespace headlens
