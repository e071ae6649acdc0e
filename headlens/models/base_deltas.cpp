#include "headlens/models/base_deltas.h"

#include <algorithm>

#include "headlens/kernels/row_sums.h"

namespace headlens {

ProductRecorder::ProductRecorder(const Model& model, std::vector<BaseRun*> bases)
    : model_(model), bases_(std::move(bases)) {
  for (BaseRun* base : bases_) {
    for (int layer = 0; layer < model.spec().n_layers(); ++layer) {
      base->layers[layer].products.resize(kBlockProducts);
      for (std::size_t p = 0; p < kBlockProducts; ++p) {
        const PackedLinear& weights = weights_of(model.block(layer), static_cast<BlockProduct>(p));
        base->layers[layer].products[p] = {Tensor({base->length(), weights.in_features()}),
                                           Tensor({base->length(), weights.out_features()})};
      }
    }
  }
}

void ProductRecorder::multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk,
                               const float* x, float* y, bool accumulate) {
  const PackedLinear& weights = weights_of(model_.block(layer), product);
  const std::int64_t n_in = weights.in_features(), n_out = weights.out_features();
  std::vector<float> outputs(chunk.size() * n_out);
  weights.multiply(x, chunk.size(), outputs.data(), false);
  const std::span<const float> bias = weights.bias();
  for (std::int64_t row = chunk.begin; row < chunk.end; ++row) {
    const std::int64_t i = row - chunk.begin;
    float* output = outputs.data() + i * n_out;
    if (accumulate) {
      add_row(output, n_out, y + i * n_out);
    } else {
      std::copy_n(output, n_out, y + i * n_out);
    }
    // The bias is added by the difference's product.
    if (!bias.empty()) subtract_row(bias.data(), n_out, output);
    const auto base = std::ranges::find(bases_, batch.base_of(row));
    ProductBase& kept = (*base)->layers[layer].products[static_cast<std::size_t>(product)];
    std::copy_n(x + i * n_in, n_in, kept.input.data() + batch.position(row) * n_in);
    std::copy_n(output, n_out, kept.output.data() + batch.position(row) * n_out);
  }
}

void DeltaProducts::multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk,
                             const float* x, float* y, bool accumulate) {
  const PackedLinear& weights = weights_of(rounded_.block(layer), product);
  const std::int64_t n_in = weights.in_features(), n_out = weights.out_features();
  differences_.reserve(chunk.size() * n_in);
  for (std::int64_t row = chunk.begin; row < chunk.end; ++row) {
    const std::int64_t i = row - chunk.begin, position = batch.position(row);
    const ProductBase& base =
        batch.base_of(row)->layers[layer].products[static_cast<std::size_t>(product)];
    const float* output = base.output.data() + position * n_out;
    difference_row(x + i * n_in, base.input.data() + position * n_in, n_in,
                   differences_.data() + i * n_in);
    if (accumulate) {
      add_row(output, n_out, y + i * n_out);
    } else {
      std::copy_n(output, n_out, y + i * n_out);
    }
  }
  weights.multiply(differences_.data(), chunk.size(), y, true);
}

}  // namespace headlens
