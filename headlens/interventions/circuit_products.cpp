#include "headlens/interventions/circuit_products.h"

#include <algorithm>

#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/row_sums.h"
#include "headlens/models/block/normalize.h"

namespace headlens {
namespace {

constexpr ReceiverKind kHeadKinds[] = {ReceiverKind::q, ReceiverKind::k, ReceiverKind::v};

const ProductBase& products_of(const BaseRun& base, int layer, BlockProduct product) {
  return base.layers[layer].products[static_cast<std::size_t>(product)];
}

/// Columns of a product, in whole panels.
Range panels_around(Range columns, std::int64_t all) {
  return {columns.begin / kPanelColumns * kPanelColumns,
          std::min(all, (columns.end + kPanelColumns - 1) / kPanelColumns * kPanelColumns)};
}

}  // namespace

std::int64_t CircuitProducts::row_bytes(const CircuitGraph& graph, std::int64_t d_model) {
  return (std::ssize(graph.senders()) + 1) * d_model * static_cast<std::int64_t>(sizeof(float));
}

CircuitProducts::CircuitProducts(const Model& model, const CircuitGraph& graph,
                                 const HeadWriters& writers, std::vector<Run> runs)
    : model_(model),
      graph_(graph),
      writers_(writers),
      runs_(std::move(runs)),
      n_senders_(std::ssize(graph.senders())),
      d_model_(model.spec().d_model) {
  std::int64_t rows = 0;
  for (const Run& run : runs_) {
    first_stored_.push_back(rows);
    rows += run.corrupt->length() - run.start;
  }
  differences_ = AlignedBuffer<float>(rows * n_senders_ * d_model_);
  totals_ = AlignedBuffer<float>(rows * d_model_);
  for (std::size_t s = 0; s < runs_.size(); ++s) {
    const Run& run = runs_[s];
    for (std::int64_t p = run.start; p < run.corrupt->length(); ++p) {
      const Row row{&run, p, 0, first_stored_[s] + p - run.start};
      float* embedding = difference(row, 0);
      std::copy_n(run.clean->layers[0].resid_pre.data() + p * d_model_, d_model_, embedding);
      subtract_row(run.corrupt->layers[0].resid_pre.data() + p * d_model_, d_model_, embedding);
      if (run.circuit->sends(0)) {
        std::copy_n(embedding, d_model_, total(row));
      } else {
        std::fill_n(total(row), d_model_, 0.0f);
      }
    }
  }
}

void CircuitProducts::multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk,
                               const float* x, float* y, bool /*accumulate*/) {
  const std::vector<Row> rows = rows_of(batch, chunk);
  const bool parallel = model_.spec().block().parallel_residual;
  switch (product) {
    case BlockProduct::qkv:
      return read_heads(layer, rows, y);
    case BlockProduct::attn_out:
      write_heads(layer, rows, x);
      if (!parallel) add_to_totals(layer, true, rows);
      return;
    case BlockProduct::mlp_in:
      return read_mlp(layer, rows, y);
    case BlockProduct::mlp_out:
      write_mlp(layer, rows, x);
      if (parallel) add_to_totals(layer, true, rows);
      add_to_totals(layer, false, rows);
      if (layer + 1 == graph_.n_layers()) read_end(rows, y);
  }
}

std::vector<CircuitProducts::Row> CircuitProducts::rows_of(const RowBatch& batch,
                                                           Range chunk) const {
  std::vector<Row> rows;
  for (std::size_t s = 0; s < runs_.size(); ++s) {
    const RowBatch::Sequence& sequence = batch.sequences()[s];
    const std::int64_t begin = std::max(chunk.begin, sequence.first_row);
    const std::int64_t end = std::min(chunk.end, sequence.first_row + sequence.length);
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t position = sequence.start + row - sequence.first_row;
      rows.push_back(
          {&runs_[s], position, row - chunk.begin, first_stored_[s] + position - runs_[s].start});
    }
  }
  return rows;
}

template <typename Chooses>
std::vector<CircuitProducts::Row> CircuitProducts::chosen(const std::vector<Row>& rows,
                                                          const Chooses& chooses) {
  std::vector<Row> some;
  for (const Row& row : rows) {
    if (chooses(*row.run->circuit)) some.push_back(row);
  }
  return some;
}

void CircuitProducts::read_heads(int layer, const std::vector<Row>& rows, float* qkv) {
  const BlockSpec& spec = model_.spec().blocks[layer];
  for (const Row& row : rows)
    std::fill_n(qkv + row.in_chunk * spec.qkv_width(), spec.qkv_width(), 0.0f);
  for (const ReceiverKind kind : kHeadKinds) {
    const std::int64_t heads = kind == ReceiverKind::q ? spec.n_heads : spec.n_kv_heads;
    for (int head = 0; head < heads; ++head) read_head(layer, kind, head, rows, qkv);
  }
}

void CircuitProducts::read_head(int layer, ReceiverKind kind, int head,
                                const std::vector<Row>& rows, float* qkv) {
  const BlockSpec& spec = model_.spec().blocks[layer];
  const int receiver = graph_.receiver_index(kind, layer, head);
  const auto some = chosen(rows, [&](const Circuit& circuit) { return circuit.reads(receiver); });
  if (some.empty()) return;
  const std::int64_t part = kind == ReceiverKind::q   ? 0
                            : kind == ReceiverKind::k ? spec.q_width()
                                                      : spec.q_width() + spec.kv_width();
  const Range columns{part + head * spec.d_head, part + (head + 1) * spec.d_head};
  const Range panels = panels_around(columns, spec.qkv_width());
  const std::vector<float> inputs =
      normed_inputs(receiver, layer, model_.block(layer).ln1, false, some);
  std::vector<float> outputs(some.size() * panels.size());
  model_.block(layer).qkv.multiply_block(inputs.data(), std::ssize(some), panels, outputs.data());
  for (std::size_t i = 0; i < some.size(); ++i) {
    std::copy_n(outputs.data() + i * panels.size() + columns.begin - panels.begin, columns.size(),
                qkv + some[i].in_chunk * spec.qkv_width() + columns.begin);
  }
}

void CircuitProducts::write_heads(int layer, const std::vector<Row>& rows, const float* z) {
  const BlockSpec& spec = model_.spec().blocks[layer];
  const std::int64_t width = spec.d_head;
  for (int head = 0; head < spec.n_heads; ++head) {
    const int sender = graph_.sender_index(layer, head);
    const auto some = chosen(rows, [&](const Circuit& circuit) { return circuit.sends(sender); });
    if (some.empty()) continue;
    std::vector<float> changes(some.size() * width), outputs(some.size() * d_model_);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Row& row = some[i];
      const Tensor& base = products_of(*row.run->corrupt, layer, BlockProduct::attn_out).input;
      float* change = changes.data() + i * width;
      std::copy_n(z + row.in_chunk * spec.q_width() + head * width, width, change);
      subtract_row(base.data() + row.position * spec.q_width() + head * width, width, change);
    }
    writers_.at(layer, head).multiply(changes.data(), std::ssize(some), outputs.data(), false);
    for (std::size_t i = 0; i < some.size(); ++i) {
      std::copy_n(outputs.data() + i * d_model_, d_model_, difference(some[i], sender));
    }
  }
}

void CircuitProducts::read_mlp(int layer, const std::vector<Row>& rows, float* mlp_in) {
  const BlockSpec& spec = model_.spec().blocks[layer];
  const std::int64_t width = spec.mlp_in_width();
  const int sender = graph_.sender_index(layer, -1);
  const auto some = chosen(rows, [&](const Circuit& circuit) { return circuit.sends(sender); });
  for (const Row& row : rows) std::fill_n(mlp_in + row.in_chunk * width, width, 0.0f);
  if (some.empty()) return;
  const std::vector<float> inputs =
      normed_inputs(graph_.receiver_index(ReceiverKind::mlp, layer, -1), layer,
                    model_.block(layer).ln2, !spec.parallel_residual, some);
  std::vector<float> outputs(some.size() * width);
  model_.block(layer).mlp_in.multiply(inputs.data(), std::ssize(some), outputs.data(), false);
  for (std::size_t i = 0; i < some.size(); ++i) {
    std::copy_n(outputs.data() + i * width, width, mlp_in + some[i].in_chunk * width);
  }
}

void CircuitProducts::write_mlp(int layer, const std::vector<Row>& rows, const float* mlp_post) {
  const std::int64_t width = model_.spec().blocks[layer].d_mlp;
  const int sender = graph_.sender_index(layer, -1);
  const auto some = chosen(rows, [&](const Circuit& circuit) { return circuit.sends(sender); });
  if (some.empty()) return;
  std::vector<float> changes(some.size() * width), outputs(some.size() * d_model_);
  for (std::size_t i = 0; i < some.size(); ++i) {
    const Row& row = some[i];
    const Tensor& base = products_of(*row.run->corrupt, layer, BlockProduct::mlp_out).input;
    float* change = changes.data() + i * width;
    std::copy_n(mlp_post + row.in_chunk * width, width, change);
    subtract_row(base.data() + row.position * width, width, change);
  }
  const PackedLinear& weights = model_.block(layer).mlp_out;
  weights.multiply(changes.data(), std::ssize(some), outputs.data(), false);
  for (std::size_t i = 0; i < some.size(); ++i) {
    float* to = difference(some[i], sender);
    std::copy_n(outputs.data() + i * d_model_, d_model_, to);
    if (!weights.bias().empty()) subtract_row(weights.bias().data(), d_model_, to);
  }
}

void CircuitProducts::add_to_totals(int layer, bool heads, const std::vector<Row>& rows) {
  const int first = graph_.sender_index(layer, heads ? 0 : -1);
  const int end = first + (heads ? graph_.n_heads() : 1);
  for (const Row& row : rows) {
    for (int sender = first; sender < end; ++sender) {
      if (row.run->circuit->sends(sender)) add_row(difference(row, sender), d_model_, total(row));
    }
  }
}

void CircuitProducts::add_inputs(int receiver, const Row& row, float* stream) const {
  const Circuit::Inputs& inputs = row.run->circuit->inputs(receiver);
  if (inputs.from_all) add_row(totals_.data() + row.stored * d_model_, d_model_, stream);
  for (const int sender : inputs.senders) {
    const float* one = difference(row, sender);
    inputs.from_all ? subtract_row(one, d_model_, stream) : add_row(one, d_model_, stream);
  }
}

std::vector<float> CircuitProducts::normed_inputs(int receiver, int layer, const NormWeights& norm,
                                                  bool middle, const std::vector<Row>& rows) const {
  const BlockSpec& spec = model_.spec().blocks[layer];
  const std::span<const float> bias = model_.block(layer).attn_out.bias();
  std::vector<float> inputs(rows.size() * d_model_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const BaseRun& corrupt = *row.run->corrupt;
    float* stream = inputs.data() + i * d_model_;
    std::copy_n(corrupt.layers[layer].resid_pre.data() + row.position * d_model_, d_model_, stream);
    if (middle) {
      const Tensor& attention = products_of(corrupt, layer, BlockProduct::attn_out).output;
      add_row(attention.data() + row.position * d_model_, d_model_, stream);
      if (!bias.empty()) add_row(bias.data(), d_model_, stream);
    }
    add_inputs(receiver, row, stream);
    apply_norm(spec, norm, d_model_, stream, stream);
  }
  return inputs;
}

void CircuitProducts::read_end(const std::vector<Row>& rows, float* residual) const {
  const int receiver = graph_.receiver_index(ReceiverKind::final, -1, -1);
  for (const Row& row : rows) {
    float* stream = residual + row.in_chunk * d_model_;
    std::copy_n(row.run->corrupt->last_state.data() + row.position * d_model_, d_model_, stream);
    add_inputs(receiver, row, stream);
  }
}

}  // namespace headlens
