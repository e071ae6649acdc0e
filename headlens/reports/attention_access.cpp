#include "headlens/reports/attention_access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace headlens {
namespace {

void check(const AttentionResult& result) {
  const auto tokens = static_cast<std::int64_t>(result.prompt.tokens.size());
  const Tensor& pattern = result.pattern_LHQK;
  const bool agrees = pattern.rank() == 4 && tokens > 0 &&
                      pattern.size(0) == static_cast<std::int64_t>(result.layers.size()) &&
                      pattern.size(1) > 0 && pattern.size(2) == tokens && pattern.size(3) == tokens;
  if (agrees) return;
  throw ShapeError(
      "attention figure",
      fmt::format("[{} layers, heads, {} tokens, {} tokens]", result.layers.size(), tokens, tokens),
      to_string(pattern.shape()));
}

}  // namespace

TensorView<const float, 3> patterns_of_layer(const AttentionResult& result, int layer) {
  check(result);
  const auto found = std::ranges::find(result.layers, layer);
  if (found == result.layers.end()) {
    throw UsageError(fmt::format("layer {} is not in the result; it holds layers {}", layer,
                                 fmt::join(result.layers, ", ")));
  }
  return result.pattern_LHQK.view<4>()[found - result.layers.begin()];
}

TensorView<const float, 2> pattern_of_head(const AttentionResult& result, int layer, int head) {
  const TensorView<const float, 3> patterns = patterns_of_layer(result, layer);
  if (head < 0 || head >= patterns.size(0)) {
    throw UsageError(fmt::format("head {} does not exist; layer {} has heads 0 to {}", head, layer,
                                 patterns.size(0) - 1));
  }
  return patterns[head];
}

}  // namespace headlens
