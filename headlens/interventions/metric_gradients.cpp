#include "headlens/interventions/metric_gradients.h"

#include <algorithm>

#include "headlens/interventions/readout_gradient.h"
#include "headlens/interventions/record.h"
#include "headlens/models/model_backward.h"
#include "headlens/models/output_head.h"

namespace headlens {
namespace {

MetricGradients differentiate(const Model& model, const ModelTransposes& transposes,
                              const ReadoutGradient& readout, const TokenSequence& tokens,
                              const SequenceTape& tape, const Question& question,
                              const std::set<Site>& wanted) {
  const std::int64_t n = model.spec().d_model, length = tape.length();
  const float* last = tape.rows(last_state_site(model.spec()));
  std::vector<float> states(last, last + length * n);
  for (std::int64_t row = 0; row < length; ++row) apply_final_norm(model, states.data() + row * n);
  const ReadoutGradient::Value value = readout.differentiate(question, length, states.data());
  MetricGradients result{value.metric, SiteGradients(wanted, model.spec(), length)};
  run_backward(model, transposes, tokens, tape, value.d_states, result.gradients);
  return result;
}

}  // namespace

std::vector<MetricGradients> metric_gradients(Session& session, Metric metric,
                                              const std::vector<TokenSequence>& sequences,
                                              const std::vector<const Question*>& questions,
                                              const std::set<Site>& wanted, const HookSet& edits,
                                              const GradientVisitor& visit) {
  const ModelSpec& spec = session.spec();
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    check_question(*questions[s], metric, spec, static_cast<std::int64_t>(sequences[s].ids.size()));
  }
  const ModelTransposes& transposes = session.transposes();
  const ReadoutGradient readout(session.model(), transposes, metric);
  HookSet hooks = edits;
  hooks.cache(sites_for_backward(wanted, spec));
  hooks.cache(last_state_site(spec));
  const RunOutput run = session.run_with_hooks(sequences, hooks, {.logits = Logits::none});
  std::vector<std::optional<MetricGradients>> computed(sequences.size());
  parallel_for(static_cast<std::ptrdiff_t>(sequences.size()), [&](std::ptrdiff_t s) {
    const SequenceTape tape(run.cache, s, static_cast<std::int64_t>(sequences[s].ids.size()));
    computed[s] = differentiate(session.model(), transposes, readout, sequences[s], tape,
                                *questions[s], wanted);
    if (visit) visit(static_cast<std::size_t>(s), tape, computed[s]->gradients);
  });
  std::vector<MetricGradients> results;
  for (auto& one : computed) results.push_back(std::move(*one));
  return results;
}

}  // namespace headlens
