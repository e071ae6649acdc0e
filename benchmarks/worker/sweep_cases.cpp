#include "benchmarks/worker/sweep_cases.h"

#include <algorithm>

#include "headlens/interventions/ablation.h"
#include "headlens/interventions/patching.h"

namespace headlens::bench {
namespace {

AskedPrompt asked_of(const Request& request) {
  AskedPrompt asked;
  asked.sequence = TokenSequence{request.ids()};
  asked.prompt_length = static_cast<std::int64_t>(asked.sequence.ids.size());
  asked.question.positions = {asked.prompt_length - 1};
  asked.question.answer = {request.integer("answer", 0)};
  asked.question.foil = {request.integer("foil", 0)};
  return asked;
}

/// `prompts` prompts: the request's own, and others made by turning its tokens around.
std::vector<AskedPrompt> asked_prompts(const Request& request) {
  std::vector<AskedPrompt> asked;
  for (int i = 0; i < request.integer("prompts", 1); ++i) {
    AskedPrompt& one = asked.emplace_back(asked_of(request));
    auto& ids = one.sequence.ids;
    const auto n = static_cast<int>(ids.size());
    std::ranges::rotate(ids, ids.begin() + i % n);
    ids.front() += i / n;
  }
  return asked;
}

/// Cells as float32, which is what the peers save.
struct Cells {
  EffectGrid grid;

  std::vector<SavedArray> arrays() const {
    Shape shape;
    for (const GridAxis& axis : grid.axes) {
      shape.push_back(static_cast<std::int64_t>(axis.indices.size()));
    }
    return {{"cells", shape, std::vector<float>(grid.values.begin(), grid.values.end())}};
  }
};

PreparedCase sweep_case(const std::function<EffectGrid()>& compute) {
  auto cells = std::make_shared<Cells>();
  return {[cells, compute] { cells->grid = compute(); },
          [cells]() -> nlohmann::json {
            return {{"cells", cells->grid.values.size()}};
          },
          [cells] { return cells->arrays(); }};
}

/// "bf16_deltas" is about the sweep's products, on an f32 session.
SweepOptions sweep_options(const Request& request) {
  SweepOptions options;
  if (request.text("products", "exact") == "bf16_deltas") {
    options.products = SweepProducts::bf16_deltas;
  }
  return options;
}

}  // namespace

PreparedCase ablate_case(const Request& request, Session& session) {
  AblationOptions options{.asked = {.metric = Metric::logit_difference}};
  options.site = parse_site_kind(request.text("site", "z"));
  options.sweep = sweep_options(request);
  return sweep_case([&session, request, options] {
    std::vector<AskedPrompt> asked = asked_prompts(request);
    std::vector<AblationEffects> effects = ablation_effects(session, asked, options);
    EffectGrid all = std::move(effects.front().grid);
    if (effects.size() == 1) return all;
    all.axes.insert(all.axes.begin(), GridAxis{"prompt", std::vector<int>(effects.size())});
    for (std::size_t i = 1; i < effects.size(); ++i) {
      const auto& values = effects[i].grid.values;
      all.values.insert(all.values.end(), values.begin(), values.end());
    }
    return all;
  });
}

PreparedCase patch_case(const Request& request, Session& session) {
  PatchOptions options{.asked = {.metric = Metric::logit_difference}};
  options.site = parse_site_kind(request.text("site", "resid_pre"));
  options.sweep = sweep_options(request);
  const bool heads = site_has_heads(options.site);
  options.columns = heads ? GridColumns::heads : GridColumns::positions;
  return sweep_case([&session, request, options] {
    std::vector<AskedPair> pairs;
    pairs.push_back({asked_of(request), TokenSequence{request.integers("corrupt")}});
    return patch_effects(session, pairs, options).front().grid;
  });
}

}  // namespace headlens::bench
