#include "headlens/interventions/variant_forward.h"

#include <algorithm>

#include "headlens/base/cancellation.h"
#include "headlens/models/block/forward.h"
#include "headlens/models/block/head_rotation.h"
#include "headlens/models/output_head.h"

namespace headlens {

VariantForward::VariantForward(const Model& model, Workspace& memory, BlockProducts* products)
    : model_(model), memory_(memory), products_(products), lane_(0, 1, nullptr) {}

std::span<float> VariantForward::run(std::span<const PlannedVariant> chunk) {
  chunk_ = chunk;
  admitted_ = 0;
  stretches_.clear();
  edits_.emplace(model_.spec().block());
  reserve(chunk);
  const int n_layers = model_.spec().n_layers();
  for (int layer = chunk.front().departure.layer; layer < n_layers; ++layer) {
    check_cancellation();
    admit(layer, false);
    if (layer >= 0) run_block(layer);
  }
  admit(n_layers, false);
  if (model_.spec().final_norm) {
    const Taps taps(*edits_, model_.spec());
    ModelForward forward(model_, *batch_, taps, memory_);
    LaneSplit split = forward.split_for(lane_);
    forward.final_norm(lane_, split, *batch_);
  }
  gather();
  const std::int64_t rows = states_.size() / model_.spec().d_model;
  return {states_.data(), static_cast<std::size_t>(rows * model_.spec().d_model)};
}

/// Rows are added later, so that there must be room for all of them from the start.
void VariantForward::reserve(std::span<const PlannedVariant> chunk) {
  std::vector<RowBatch::Stretch> all;
  std::int64_t read = 0;
  for (const PlannedVariant& planned : chunk) {
    const BaseRun* base = planned.variant->base;
    all.push_back({base, {planned.departure.position, base->length()}});
    read += static_cast<std::int64_t>(planned.variant->question->positions.size());
  }
  reserve(RowBatch(all));
  states_ = AlignedBuffer<float>(read * model_.spec().d_model);
}

void VariantForward::reserve(const RowBatch& batch) {
  const Taps taps(*edits_, model_.spec());
  ModelForward(model_, batch, taps, memory_).reserve(1);
}

void VariantForward::admit(int layer, bool after_attention) {
  const std::size_t before = admitted_;
  const int n_layers = model_.spec().n_layers();
  const bool ends = layer == n_layers || (after_attention && layer + 1 == n_layers);
  for (; admitted_ < chunk_.size(); ++admitted_) {
    const PlannedVariant& planned = chunk_[admitted_];
    const Departure& departure = planned.departure;
    if (departure.layer != layer || departure.after_attention != after_attention) break;
    const std::int64_t length = planned.variant->base->length();
    stretches_.push_back({planned.variant->base, ends ? read_positions(planned)
                                                      : Range{planned.departure.position, length}});
    edits_->add(*planned.variant);
  }
  if (admitted_ == before) return;
  renew_batch();
  start_rows(static_cast<std::int64_t>(before), layer, after_attention);
}

void VariantForward::renew_batch() {
  batch_.emplace(stretches_);
  reserve(*batch_);
}

void VariantForward::start_rows(std::int64_t first_sequence, int layer, bool after_attention) {
  const ModelSpec& spec = model_.spec();
  if (layer < 0) {
    const Taps taps(*edits_, spec);
    ModelForward forward(model_, *batch_, taps, memory_);
    LaneSplit split = forward.split_for(lane_);
    return forward.embed(lane_, split);
  }
  for (std::int64_t s = first_sequence; s < batch_->size(); ++s) {
    const RowBatch::Sequence& sequence = batch_->sequences()[s];
    const Tensor& states = layer < spec.n_layers() ? sequence.base->layers[layer].resid_pre
                                                   : sequence.base->last_state;
    std::copy_n(states.data() + sequence.start * spec.d_model, sequence.length * spec.d_model,
                memory_.residual.data() + sequence.first_row * spec.d_model);
    if (!after_attention) continue;
    const std::int64_t width = spec.blocks[layer].q_width();
    std::copy_n(sequence.base->layers[layer].z.data() + sequence.start * width,
                sequence.length * width, memory_.z.data() + sequence.first_row * width);
  }
  if (!spec.block().rotary) return;
  compute_rotations(*spec.block().rotary, *batch_,
                    {batch_->sequences()[first_sequence].first_row, batch_->rows()},
                    memory_.cosine.data(), memory_.sine.data());
}

void VariantForward::run_block(int layer) {
  const ModelSpec& spec = model_.spec();
  const bool last = layer + 1 == spec.n_layers();
  const PackedLinear* after = last ? nullptr : &model_.block(layer + 1).qkv;
  const auto with_block = [&](const auto& part) {
    const Taps taps(*edits_, spec);
    LaneSplit split = ModelForward(model_, *batch_, taps, memory_).split_for(lane_);
    BlockForward block(spec.blocks[layer], model_.block(layer), after, layer, *batch_, taps,
                       memory_, lane_, split);
    block.use_products(products_);
    part(block);
  };
  if (admitted_ > 0) with_block([](BlockForward& block) { block.attend(); });
  if (last && admitted_ > 0) narrow();
  admit(layer, true);
  if (admitted_ > 0) with_block([](BlockForward& block) { block.finish(); });
}

Range VariantForward::read_positions(const PlannedVariant& planned) const {
  const std::vector<std::int64_t>& read = planned.variant->question->positions;
  return {std::max<std::int64_t>(read.front(), planned.departure.position), read.back() + 1};
}

void VariantForward::narrow() {
  std::vector<std::int64_t> rows;
  for (std::size_t s = 0; s < admitted_; ++s) {
    const RowBatch::Sequence& sequence = batch_->sequences()[s];
    const Range kept = read_positions(chunk_[s]);
    for (std::int64_t position = kept.begin; position < kept.end; ++position) {
      rows.push_back(sequence.first_row + position - sequence.start);
    }
    stretches_[s].positions = kept;
  }
  memory_.keep_rows(model_.spec().block(), rows);
  renew_batch();
}

void VariantForward::gather() {
  const std::int64_t n = model_.spec().d_model;
  float* to = states_.data();
  for (std::size_t s = 0; s < admitted_; ++s) {
    const RowBatch::Sequence& sequence = batch_->sequences()[s];
    for (const std::int64_t position : chunk_[s].variant->question->positions) {
      if (position >= sequence.start) {
        const std::int64_t row = sequence.first_row + position - sequence.start;
        std::copy_n(memory_.residual.data() + row * n, n, to);
      } else {
        std::copy_n(sequence.base->last_state.data() + position * n, n, to);
        apply_final_norm(model_, to);
      }
      to += n;
    }
  }
}

}  // namespace headlens
