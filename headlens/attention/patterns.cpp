#include "headlens/attention/patterns.h"

#include <algorithm>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/run/provenance.h"

namespace headlens {

AttentionResult attention_patterns(Session& session, const Prompt& prompt,
                                   const std::vector<int>& layers) {
  const ModelSpec& spec = session.spec();
  AttentionResult result;
  for (const int layer : layers) {
    if (std::ranges::find(result.layers, layer) == result.layers.end()) {
      result.layers.push_back(layer);
    }
  }
  if (layers.empty()) {
    result.layers.resize(spec.n_layers());
    std::iota(result.layers.begin(), result.layers.end(), 0);
  }
  const auto n = static_cast<std::int64_t>(prompt.sequence.ids.size());
  const std::int64_t n_heads = spec.block().n_heads;
  result.pattern_LHQK = Tensor({static_cast<std::int64_t>(result.layers.size()), n_heads, n, n});
  HookSet hooks;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    const int layer = result.layers[i];
    if (layer < 0 || layer >= spec.n_layers()) {
      throw UsageError("layer " + std::to_string(layer) +
                       " does not exist: " + session.identity().name + " has layers 0 to " +
                       std::to_string(spec.n_layers() - 1));
    }
    hooks.cache_into({SiteKind::pattern, layer},
                     result.pattern_LHQK.data() + static_cast<std::int64_t>(i) * n_heads * n * n);
  }
  session.run_with_hooks({prompt.sequence}, hooks, {.logits = Logits::none});
  result.provenance = provenance_of(session);
  result.prompt = prompt.tokens;
  return result;
}

}  // namespace headlens
