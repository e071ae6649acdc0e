#include "headlens/interventions/edge_attribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/interventions/node_outputs.h"
#include "headlens/interventions/path_patching.h"
#include "headlens/interventions/receiver_gradients.h"

namespace headlens {
namespace {

/// Receivers whose gradients are held at once.
constexpr std::int64_t kReceiversAtOnce = 64;

/// Differences of every sender, [sender, pos * d_model].
Tensor all_differences(Session& session, const AskedPair& pair, PatchDirection direction,
                       const std::vector<Sender>& senders) {
  const NodeOutputs clean(session, pair.clean.sequence), corrupt(session, pair.corrupt);
  const bool denoise = direction == PatchDirection::denoise;
  const std::int64_t width = clean.length() * session.spec().d_model;
  Tensor all({std::ssize(senders), width});
  for (std::size_t s = 0; s < senders.size(); ++s) {
    const Tensor one = output_difference(denoise ? clean : corrupt, denoise ? corrupt : clean,
                                         senders[s], session.spec().d_model);
    std::ranges::copy(one.values(), all.data() + static_cast<std::int64_t>(s) * width);
  }
  return all;
}

/// [sender, receiver] at one run: every difference times every receiver's gradient.
Tensor products_with_gradients(const Model& model, const ModelTransposes& transposes,
                               const Tensor& differences, const std::vector<Receiver>& receivers,
                               const SequenceTape& tape, const SiteGradients& gradients) {
  const std::int64_t n_senders = differences.size(0), width = differences.size(1);
  const std::int64_t n_receivers = std::ssize(receivers);
  Tensor scores({n_senders, n_receivers});
  for (std::int64_t first = 0; first < n_receivers; first += kReceiversAtOnce) {
    const std::int64_t n = std::min(kReceiversAtOnce, n_receivers - first);
    Tensor rows({n, width}), some({n_senders, n});
    for (std::int64_t r = 0; r < n; ++r) {
      const Tensor one =
          receiver_gradient(model, transposes, receivers[first + r], tape, gradients);
      std::ranges::copy(one.values(), rows.data() + r * width);
    }
    PackedLinear packed(n, width, Precision::f32, false);
    packed.pack_rows(0, n, rows.data());
    packed.multiply(differences.data(), n_senders, some.data(), false);
    for (std::int64_t s = 0; s < n_senders; ++s) {
      std::copy_n(some.data() + s * n, n, scores.data() + s * n_receivers + first);
    }
  }
  return scores;
}

}  // namespace

EdgeEstimates estimate_edges(Session& session, AskedPair& pair, Metric metric,
                             PatchDirection direction, int steps) {
  const ModelSpec& spec = session.spec();
  const std::vector<Sender> senders = senders_of(spec);
  const std::vector<Receiver> receivers = receivers_of(spec);
  const ModelTransposes& transposes = session.transposes();
  const Tensor differences = all_differences(session, pair, direction, senders);
  const GradientPath path{steps};
  std::vector<Tensor> scores(path.runs());
  path_gradients(session, metric, pair, direction, path, sites_for_receivers(spec),
                 [&](std::size_t run, const SequenceTape& tape, const SiteGradients& gradients) {
                   scores[run] = products_with_gradients(session.model(), transposes, differences,
                                                         receivers, tape, gradients);
                 });
  EdgeEstimates result;
  for (std::size_t s = 0; s < senders.size(); ++s) {
    for (std::size_t r = 0; r < receivers.size(); ++r) {
      if (!reaches(senders[s], receivers[r], spec)) continue;
      double sum = 0;
      for (const Tensor& one : scores) sum += one.data()[s * receivers.size() + r];
      result.edges.push_back({senders[s], receivers[r]});
      result.estimates.push_back(sum / path.runs());
    }
  }
  return result;
}

EdgeAttributionResult attribute_edges(Session& session, const Prompt& clean, const Prompt& corrupt,
                                      const EdgeAttributionOptions& options) {
  AskedPair pair = ask_pair(session, clean, corrupt, options.asked);
  const EdgeEstimates all =
      estimate_edges(session, pair, options.asked.metric, options.direction, options.steps);
  std::vector<std::size_t> order(all.edges.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t i) { return std::abs(all.estimates[i]); });
  order.resize(std::min<std::size_t>(order.size(), std::max(options.keep, options.verify)));
  const auto n_verified = std::min<std::size_t>(order.size(), std::max(options.verify, 0));
  std::vector<Edge> verified;
  for (std::size_t i = 0; i < n_verified; ++i) verified.push_back(all.edges[order[i]]);
  const PathEffects exact =
      path_effects(session, pair, verified, options.asked.metric, options.direction, options.sweep);
  EdgeAttributionResult result;
  PathResult& paths = result.paths;
  paths.clean = clean.tokens;
  paths.corrupt = corrupt.tokens;
  paths.question = pair.clean.told;
  paths.direction = to_string(options.direction);
  paths.clean_metric = exact.clean;
  paths.corrupt_metric = exact.corrupt;
  std::vector<double> estimates, effects;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Edge& edge = all.edges[order[i]];
    EdgeEffect effect{name_of(edge.sender), name_of(edge.receiver), all.estimates[order[i]], {}};
    if (i < n_verified) {
      effect.value = exact.values[i];
      estimates.push_back(*effect.estimate);
      effects.push_back(*effect.value - paths.edited_metric());
    }
    paths.edges.push_back(std::move(effect));
  }
  result.quality = quality_of(estimates, effects);
  result.method = GradientPath{options.steps}.name(options.direction);
  result.n_edges = static_cast<int>(all.edges.size());
  paths.provenance = sweep_provenance(session, options.sweep);
  paths.provenance.sweep_deviation = deviation_of_paths(
      session, pair, verified, exact, options.asked.metric, options.direction, options.sweep);
  return result;
}

}  // namespace headlens
