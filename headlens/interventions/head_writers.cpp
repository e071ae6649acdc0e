#include "headlens/interventions/head_writers.h"

namespace headlens {
namespace {

PackedLinear writer_of(const PackedLinear& attn_out, std::int64_t first_input,
                       std::int64_t d_head) {
  const std::int64_t n = attn_out.out_features();
  std::vector<float> column(n), rows(n * d_head);
  for (std::int64_t i = 0; i < d_head; ++i) {
    attn_out.read_column(first_input + i, column.data());
    for (std::int64_t row = 0; row < n; ++row) rows[row * d_head + i] = column[row];
  }
  PackedLinear writer(n, d_head, attn_out.precision(), false);
  writer.pack_rows(0, n, rows.data());
  return writer;
}

}  // namespace

HeadWriters::HeadWriters(const Model& model) : writers_(model.spec().n_layers()) {
  parallel_for(static_cast<std::ptrdiff_t>(writers_.size()), [&](std::ptrdiff_t layer) {
    const BlockSpec& spec = model.spec().blocks[layer];
    for (std::int64_t h = 0; h < spec.n_heads; ++h) {
      writers_[layer].push_back(
          writer_of(model.block(static_cast<int>(layer)).attn_out, h * spec.d_head, spec.d_head));
    }
  });
}

}  // namespace headlens
