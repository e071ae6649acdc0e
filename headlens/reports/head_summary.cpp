#include "headlens/reports/head_summary.h"

#include <algorithm>
#include <cmath>

#include "headlens/reports/attention_access.h"

namespace headlens {
namespace {

using Matrix = TensorView<const float, 2>;

double row_entropy(Matrix matrix, std::int64_t query) {
  double entropy = 0;
  for (std::int64_t key = 0; key < matrix.size(1); ++key) {
    const double weight = matrix(query, key);
    if (weight > 0) entropy -= weight * std::log(weight);
  }
  return entropy;
}

void find_strongest_link(Matrix matrix, const PromptTokens& prompt, HeadSummary& summary) {
  for (std::int64_t query = 1; query < matrix.size(0); ++query) {
    for (std::int64_t key = 1; key < matrix.size(1); ++key) {
      const bool ordinary = key == query || key == query - 1 || prompt.tokens[key].special;
      if (ordinary || !(matrix(query, key) > summary.weight)) continue;
      summary.query = static_cast<int>(query);
      summary.key = static_cast<int>(key);
      summary.weight = matrix(query, key);
    }
  }
}

HeadSummary summarize(Matrix matrix, const PromptTokens& prompt) {
  HeadSummary summary;
  const std::int64_t tokens = matrix.size(0);
  for (std::int64_t query = 0; query < tokens; ++query) {
    summary.entropy_nats += row_entropy(matrix, query) / static_cast<double>(tokens);
    if (query == 0) continue;
    summary.first_share += matrix(query, 0) / static_cast<double>(tokens - 1);
    summary.previous_share += matrix(query, query - 1) / static_cast<double>(tokens - 1);
  }
  find_strongest_link(matrix, prompt, summary);
  return summary;
}

}  // namespace

std::vector<HeadSummary> summarize_heads(const AttentionResult& result) {
  std::vector<HeadSummary> summaries;
  for (const int layer : result.layers) {
    const TensorView<const float, 3> patterns = patterns_of_layer(result, layer);
    for (std::int64_t head = 0; head < patterns.size(0); ++head) {
      summaries.push_back(summarize(patterns[head], result.prompt));
      summaries.back().layer = layer;
      summaries.back().head = static_cast<int>(head);
    }
  }
  std::ranges::stable_sort(summaries, std::greater{}, &HeadSummary::weight);
  return summaries;
}

}  // namespace headlens
