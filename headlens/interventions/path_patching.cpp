#include "headlens/interventions/path_patching.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/interventions/node_outputs.h"
#include "headlens/models/block/normalize.h"

namespace headlens {
namespace {

using Values = std::shared_ptr<const Tensor>;

/// What a block's products make of a residual stream that one sender has changed.
class ReceiverInputs {
 public:
  /// @param middles  resid_mid of every layer of the base run; resid_pre where blocks are parallel
  ReceiverInputs(const Model& model, const BaseRun& base, const std::vector<Tensor>& middles)
      : model_(model), base_(base), middles_(middles) {}

  /// The interventions that put a changed input into a receiver.
  std::vector<Intervention> changed(const Receiver& receiver, const Tensor& difference,
                                    const std::vector<std::int64_t>& positions) {
    const int layer = receiver.layer;
    if (receiver.kind == ReceiverKind::final) {
      const Site last{SiteKind::resid_post, model_.spec().n_layers() - 1};
      return {{last, -1, positions, {1, 1, std::make_shared<const Tensor>(difference.clone())}}};
    }
    if (receiver.kind == ReceiverKind::mlp) {
      if (mlp_.first != layer) mlp_ = {layer, mlp_inputs(layer, difference)};
      std::vector<Intervention> interventions;
      for (std::size_t i = 0; i < mlp_.second.size(); ++i) {
        const SiteKind kind = i == 0 ? SiteKind::mlp_pre : SiteKind::mlp_pre_linear;
        interventions.push_back({{kind, layer}, -1, positions, {0, 1, mlp_.second[i]}});
      }
      return interventions;
    }
    if (qkv_.first != layer) qkv_ = {layer, head_inputs(layer, difference)};
    const auto part = static_cast<std::size_t>(receiver.kind);
    constexpr SiteKind kKinds[] = {SiteKind::q, SiteKind::k, SiteKind::v};
    return {{{kKinds[part], layer}, receiver.head, positions, {0, 1, qkv_.second[part]}}};
  }

  /// Another sender comes.
  void forget() {
    qkv_ = {-1, {}};
    mlp_ = {-1, {}};
  }

 private:
  Tensor normed(const Tensor& stream, const Tensor& difference, const NormWeights& norm) const {
    const BlockSpec& spec = model_.spec().block();
    const std::int64_t n = spec.d_model;
    Tensor x = stream.clone();
    for (std::int64_t i = 0; i < x.element_count(); ++i) x.data()[i] += difference.data()[i];
    for (std::int64_t row = 0; row < base_.length(); ++row) {
      apply_norm(spec, norm, n, x.data() + row * n, x.data() + row * n);
    }
    return x;
  }

  /// A product's output, divided into columns of these widths.
  std::vector<Values> product(const PackedLinear& weights, const Tensor& x,
                              const std::vector<std::int64_t>& widths) const {
    const std::int64_t rows = base_.length(), all = weights.out_features();
    Tensor y({rows, all});
    weights.multiply(x.data(), rows, y.data(), false);
    std::vector<Values> parts;
    std::int64_t from = 0;
    for (const std::int64_t width : widths) {
      Tensor part({rows, width});
      for (std::int64_t row = 0; row < rows; ++row) {
        std::copy_n(y.data() + row * all + from, width, part.data() + row * width);
      }
      from += width;
      parts.push_back(std::make_shared<const Tensor>(std::move(part)));
    }
    return parts;
  }

  std::vector<Values> head_inputs(int layer, const Tensor& difference) const {
    const BlockSpec& spec = model_.spec().block();
    const BlockWeights& weights = model_.block(layer);
    return product(weights.qkv, normed(base_.layers[layer].resid_pre, difference, weights.ln1),
                   {spec.q_width(), spec.kv_width(), spec.kv_width()});
  }

  std::vector<Values> mlp_inputs(int layer, const Tensor& difference) const {
    const BlockSpec& spec = model_.spec().block();
    const BlockWeights& weights = model_.block(layer);
    std::vector<std::int64_t> widths{spec.d_mlp};
    if (spec.gated_mlp) widths.push_back(spec.d_mlp);
    return product(weights.mlp_in, normed(middles_[layer], difference, weights.ln2), widths);
  }

  const Model& model_;
  const BaseRun& base_;
  const std::vector<Tensor>& middles_;
  std::pair<int, std::vector<Values>> qkv_{-1, {}}, mlp_{-1, {}};
};

std::vector<Tensor> middle_states(Session& session, const TokenSequence& tokens) {
  const bool parallel = session.spec().block().parallel_residual;
  const SiteKind kind = parallel ? SiteKind::resid_pre : SiteKind::resid_mid;
  std::vector<Site> sites;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) sites.push_back({kind, layer});
  RunOutput run = session.run_with_cache({tokens}, sites, {.logits = Logits::none});
  std::vector<Tensor> states;
  for (const Site site : sites) states.push_back(run.cache.take(site));
  return states;
}

/// Edges that run together: as many as their inputs' memory allows.
std::size_t edges_at_once(const ModelSpec& spec, std::int64_t length, std::int64_t memory_bytes) {
  const BlockSpec& block = spec.block();
  const std::int64_t width = std::max({block.qkv_width(), block.mlp_in_width(), block.d_model});
  const std::int64_t bytes = static_cast<std::int64_t>(sizeof(float)) * length * width;
  return static_cast<std::size_t>(std::max<std::int64_t>(1, memory_bytes / bytes));
}

}  // namespace

PathEffects path_effects(Session& session, AskedPair& pair, std::span<const Edge> edges,
                         Metric metric, PatchDirection direction, const SweepOptions& options) {
  const ModelSpec& spec = session.spec();
  const bool denoise = direction == PatchDirection::denoise;
  Sweep sweep(session, metric, options);
  const auto bases = sweep.record({pair.clean.sequence, pair.corrupt});
  const BaseRun &clean = *bases[0], &corrupt = *bases[1];
  const BaseRun& edited = denoise ? corrupt : clean;
  Question& question = pair.clean.question;
  sweep.readout().prepare(question, edited);
  PathEffects effects{sweep.readout().read_base(question, clean),
                      sweep.readout().read_base(question, corrupt),
                      std::vector<double>(edges.size())};
  const NodeOutputs from(session, (denoise ? clean : corrupt).tokens), to(session, edited.tokens);
  const std::vector<Tensor> middles = middle_states(session, edited.tokens);
  std::vector<std::int64_t> positions(edited.length() -
                                      first_difference(clean, corrupt, spec.block().causal));
  std::iota(positions.begin(), positions.end(), edited.length() - std::ssize(positions));

  // Neighbours share a sender, and of it a layer, so that products are computed once.
  std::vector<std::size_t> order(edges.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    const auto& [sender, receiver] = edges[i];
    return std::tuple(sender.layer, sender.head, receiver.layer);
  });
  const std::size_t at_once = edges_at_once(spec, edited.length(), options.memory_bytes);
  for (std::size_t first = 0; first < order.size(); first += at_once) {
    const std::size_t end = std::min(order.size(), first + at_once);
    ReceiverInputs inputs(session.model(), edited, middles);
    std::vector<Variant> variants;
    Tensor difference;
    for (std::size_t i = first; i < end; ++i) {
      const auto& [sender, receiver] = edges[order[i]];
      if (!reaches(sender, receiver, spec)) {
        throw UsageError(name_of(sender) + " does not reach " + name_of(receiver) +
                         ": it comes later in the model");
      }
      if (i == first || edges[order[i - 1]].sender != sender) {
        difference = output_difference(from, to, sender, spec.d_model);
        inputs.forget();
      }
      variants.push_back({&edited, &question});
      if (positions.empty()) continue;
      variants.back().interventions = inputs.changed(receiver, difference, positions);
    }
    const std::vector<double> values = sweep.run(variants);
    for (std::size_t i = first; i < end; ++i) effects.values[order[i]] = values[i - first];
  }
  return effects;
}

std::optional<SweepDeviation> deviation_of_paths(Session& session, AskedPair& pair,
                                                 std::span<const Edge> edges,
                                                 const PathEffects& effects, Metric metric,
                                                 PatchDirection direction,
                                                 const SweepOptions& options) {
  const auto name = [&](std::size_t i) {
    return name_of(edges[i].sender) + " to " + name_of(edges[i].receiver);
  };
  const auto again = [&](Session& f32, const SweepOptions& sweep, std::size_t,
                         const std::vector<std::size_t>& some) {
    std::vector<Edge> chosen;
    for (const std::size_t i : some) chosen.push_back(edges[i]);
    return path_effects(f32, pair, chosen, metric, direction, sweep).values;
  };
  return deviation_from_f32(session, options,
                            {.metric = to_string(metric),
                             .prompts = {{effects.values, effects.edited(direction)}},
                             .name = name,
                             .again = again});
}

PathResult path_patch(Session& session, const Prompt& clean, const Prompt& corrupt,
                      const PathOptions& options) {
  const ModelSpec& spec = session.spec();
  const auto senders = options.senders.empty() ? senders_of(spec) : options.senders;
  const auto receivers = options.receivers.empty() ? receivers_of(spec) : options.receivers;
  std::vector<Edge> edges;
  for (const Sender& sender : senders) {
    for (const Receiver& receiver : receivers) {
      if (reaches(sender, receiver, spec)) edges.push_back({sender, receiver});
    }
  }
  if (edges.empty()) throw UsageError("no sender reaches a receiver: they come later in the model");
  AskedPair pair = ask_pair(session, clean, corrupt, options.asked);
  const PathEffects effects =
      path_effects(session, pair, edges, options.asked.metric, options.direction, options.sweep);
  PathResult result;
  result.clean = clean.tokens;
  result.corrupt = corrupt.tokens;
  result.question = pair.clean.told;
  result.direction = to_string(options.direction);
  result.clean_metric = effects.clean;
  result.corrupt_metric = effects.corrupt;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    result.edges.push_back(
        {name_of(edges[i].sender), name_of(edges[i].receiver), std::nullopt, effects.values[i]});
  }
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation = deviation_of_paths(
      session, pair, edges, effects, options.asked.metric, options.direction, options.sweep);
  return result;
}

}  // namespace headlens
