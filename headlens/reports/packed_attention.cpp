#include "headlens/reports/packed_attention.h"

#include <algorithm>
#include <cmath>

#include "headlens/reports/attention_access.h"
#include "headlens/reports/matrix_painter.h"

namespace headlens {
namespace {

constexpr char kMissing = static_cast<char>(255);
constexpr float kLevels = 254;

bool looks_ahead(TensorView<const float, 2> matrix) {
  for (std::int64_t query = 0; query < matrix.size(0); ++query) {
    for (std::int64_t key = query + 1; key < matrix.size(1); ++key) {
      if (matrix(query, key) != 0) return true;
    }
  }
  return false;
}

template <typename Visit>
void for_each_head(const AttentionResult& result, const Visit& visit) {
  for (const int layer : result.layers) {
    const TensorView<const float, 3> patterns = patterns_of_layer(result, layer);
    for (std::int64_t head = 0; head < patterns.size(0); ++head) visit(patterns[head]);
  }
}

char quantized(float weight) {
  if (std::isnan(weight)) return kMissing;
  return static_cast<char>(std::lround(std::clamp(weight, 0.0F, 1.0F) * kLevels));
}

void append(TensorView<const float, 2> matrix, PackedAttention& packed) {
  const std::vector<float> values = pool_max(matrix, packed.pool);
  for (int query = 0; query < packed.cells; ++query) {
    const int end = packed.lower ? query + 1 : packed.cells;
    for (int key = 0; key < end; ++key) {
      packed.bytes += quantized(values[static_cast<std::size_t>(query) * packed.cells + key]);
      packed.missing = packed.missing || packed.bytes.back() == kMissing;
    }
  }
}

}  // namespace

PackedAttention pack_attention(const AttentionResult& result, std::size_t most_bytes) {
  PackedAttention packed;
  std::size_t heads = 0;
  packed.lower = true;
  for_each_head(result, [&](TensorView<const float, 2> matrix) {
    ++heads;
    packed.lower = packed.lower && !looks_ahead(matrix);
  });
  const auto tokens = static_cast<int>(result.prompt.tokens.size());
  const auto total_bytes = [&](int cells) {
    const auto n = static_cast<std::size_t>(cells);
    return heads * (packed.lower ? n * (n + 1) / 2 : n * n);
  };
  packed.cells = tokens;
  while (total_bytes(packed.cells) > most_bytes && packed.cells > 1) {
    ++packed.pool;
    packed.cells = (tokens + packed.pool - 1) / packed.pool;
  }
  packed.bytes.reserve(total_bytes(packed.cells));
  for_each_head(result, [&](TensorView<const float, 2> matrix) { append(matrix, packed); });
  return packed;
}

}  // namespace headlens
