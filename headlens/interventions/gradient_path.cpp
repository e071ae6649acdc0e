#include "headlens/interventions/gradient_path.h"

#include <algorithm>

#include "headlens/interventions/record.h"
#include "headlens/interventions/site_values.h"

namespace headlens {
namespace {

/// Runs that are computed at once.
constexpr int kRunsAtOnce = 8;

Tensor input_of(Session& session, const TokenSequence& tokens) {
  const Site input{SiteKind::resid_pre, 0};
  return session.run_with_cache({tokens}, {input}, {.logits = Logits::none}).cache.take(input);
}

/// Puts the inputs of runs [first, first + n) of the path into a batch.
Hook interpolation(const Tensor& edited, const Tensor& source, int steps, int first) {
  return [&edited, &source, steps, first](Tensor& value) {
    const std::int64_t size = edited.element_count();
    for (std::int64_t s = 0; s < value.size(0); ++s) {
      const float share = (static_cast<float>(first + s) + 0.5f) / static_cast<float>(steps);
      float* to = value.data() + s * size;
      for (std::int64_t i = 0; i < size; ++i) {
        to[i] = edited.data()[i] + share * (source.data()[i] - edited.data()[i]);
      }
    }
  };
}

}  // namespace

std::string GradientPath::name(PatchDirection direction) const {
  if (steps > 0) return "integrated gradients, " + std::to_string(steps) + " steps";
  return direction == PatchDirection::denoise ? "gradient at the corrupt run"
                                              : "gradient at the clean run";
}

SiteGradients path_gradients(Session& session, Metric metric, AskedPair& pair,
                             PatchDirection direction, const GradientPath& path,
                             const std::set<Site>& wanted, const GradientVisitor& visit) {
  const bool denoise = direction == PatchDirection::denoise;
  const TokenSequence& edited = denoise ? pair.corrupt : pair.clean.sequence;
  const TokenSequence& source = denoise ? pair.clean.sequence : pair.corrupt;
  Question& question = pair.clean.question;
  if (metric == Metric::kl || metric == Metric::js) {
    session.transposes();  // loads the head
    Readout(session.model(), metric).prepare(question, *record_base_runs(session, {edited})[0]);
  }
  Tensor from, to;
  if (path.steps > 0) {
    from = input_of(session, edited);
    to = input_of(session, source);
  }
  SiteGradients sum(wanted, session.spec(), static_cast<std::int64_t>(edited.ids.size()));
  const float weight = 1.0f / static_cast<float>(path.runs());
  for (int first = 0; first < path.runs(); first += kRunsAtOnce) {
    const int n = std::min(kRunsAtOnce, path.runs() - first);
    HookSet edits;
    if (path.steps > 0) {
      edits.edit({SiteKind::resid_pre, 0}, interpolation(from, to, path.steps, first));
    }
    const GradientVisitor visit_run = [&](std::size_t run, const SequenceTape& tape,
                                          const SiteGradients& gradients) {
      if (visit) visit(static_cast<std::size_t>(first) + run, tape, gradients);
    };
    const auto some =
        metric_gradients(session, metric, std::vector<TokenSequence>(n, edited),
                         std::vector<const Question*>(n, &question), wanted, edits, visit_run);
    for (const MetricGradients& one : some) sum.add(one.gradients, weight);
  }
  return sum;
}

}  // namespace headlens
