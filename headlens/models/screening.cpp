#include "headlens/models/screening.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/reductions.h"
#include "headlens/models/model.h"

namespace headlens {
namespace {

struct RoundingNorms {
  double norm = 0, rounded = 0, error = 0;
};

RoundingNorms rounding_norms(const float* x, std::int64_t n) {
  RoundingNorms sums;
  for (std::int64_t i = 0; i < n; ++i) {
    const float rounded = from_bfloat16(to_bfloat16(x[i]));
    const double error = static_cast<double>(x[i]) - rounded;
    sums.norm += static_cast<double>(x[i]) * x[i];
    sums.rounded += static_cast<double>(rounded) * rounded;
    sums.error += error * error;
  }
  return {std::sqrt(sums.norm), std::sqrt(sums.rounded), std::sqrt(sums.error)};
}

}  // namespace

float Screening::exact_logit(const float* x, std::int32_t id, float* scratch) const {
  Model::read_row(table, id, scratch);
  const float product = dot_product(x, scratch, table.shape.back());
  return bias.empty() ? product : product + bias.data()[id];
}

Screening make_screening(const StoredTensor& table, Tensor bias) {
  const std::int64_t vocabulary = table.shape.front(), width = table.shape.back();
  Screening screening;
  screening.table = table;
  screening.bias = std::move(bias);
  screening.unembedding = PackedLinear(vocabulary, width, Precision::bf16, !screening.bias.empty());
  std::ranges::copy(screening.bias.values(), screening.unembedding.bias().begin());
  const std::int64_t blocks =
      (vocabulary + Screening::kBoundColumns - 1) / Screening::kBoundColumns;
  screening.largest_norm.assign(blocks, 0.0f);
  screening.largest_error.assign(blocks, 0.0f);
  parallel_for(blocks, [&](std::ptrdiff_t block) {
    const std::int64_t begin = block * Screening::kBoundColumns;
    const std::int64_t end = std::min(begin + Screening::kBoundColumns, vocabulary);
    Tensor rows({end - begin, width});
    for (std::int64_t id = begin; id < end; ++id) {
      float* row = rows.data() + (id - begin) * width;
      Model::read_row(table, id, row);
      const RoundingNorms norms = rounding_norms(row, width);
      auto& norm = screening.largest_norm[block];
      auto& error = screening.largest_error[block];
      norm = std::max(norm, static_cast<float>(norms.norm));
      error = std::max(error, static_cast<float>(norms.error));
    }
    screening.unembedding.pack_rows(begin, end - begin, rows.data());
  });
  return screening;
}

float ScreeningBound::margin(const Screening& screening, Range columns) const {
  float bound = 0;
  const std::int64_t last = (columns.end - 1) / Screening::kBoundColumns;
  for (std::int64_t b = columns.begin / Screening::kBoundColumns; b <= last; ++b) {
    bound = std::max(bound, rounding_norm * screening.largest_norm[b] +
                                rounded_norm * screening.largest_error[b] +
                                summation_error(screening.largest_norm[b], screening.table));
  }
  return bound;
}

float ScreeningBound::summation_error(float weight_norm, const StoredTensor& table) const {
  const auto terms = static_cast<float>(table.shape.back());
  return 2 * terms * std::numeric_limits<float>::epsilon() * norm * weight_norm;
}

std::vector<ScreeningBound> screening_bounds(const float* x, std::int64_t rows,
                                             std::int64_t width) {
  std::vector<ScreeningBound> bounds(rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    const RoundingNorms norms = rounding_norms(x + row * width, width);
    bounds[row] = {static_cast<float>(norms.norm), static_cast<float>(norms.rounded),
                   static_cast<float>(norms.error)};
  }
  return bounds;
}

}  // namespace headlens
