#include "headlens/interventions/pruning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/interventions/pruned_loss.h"
#include "headlens/interventions/site_grid.h"
#include "headlens/interventions/sweep_deviation.h"

namespace headlens {
namespace {

constexpr int kMostSteps = 64;

using Heads = std::span<const HeadPlace>;

void check_text(const PruningText& text, const Session& session) {
  const std::size_t length = text.prompt.sequence.ids.size();
  const std::string place = text.line > 0 ? "line " + std::to_string(text.line) + ": " : "";
  if (length < 2) {
    throw UsageError(place + "the text has " + std::to_string(length) +
                     " token(s), but a loss needs at least 2: one that predicts, one predicted");
  }
  if (static_cast<std::int64_t>(length) > session.spec().n_context) {
    throw UsageError(place + "the text has " + std::to_string(length) + " tokens, but " +
                     session.identity().name + " takes at most " +
                     std::to_string(session.spec().n_context) + "; split it");
  }
}

void check(const Session& session, const std::vector<PruningText>& texts,
           const PruningOptions& options) {
  if (session.spec().output != OutputKind::next_token) {
    throw UnsupportedError(session.identity().name +
                           " predicts no next tokens, so that its loss over a text is not "
                           "defined; use a causal language model");
  }
  if (texts.empty()) throw UsageError("there is no text to read the loss from");
  if (options.random_orders < 0) throw UsageError("there cannot be less than 0 random orders");
  for (const PruningText& text : texts) check_text(text, session);
}

std::vector<HeadPlace> heads_of(const std::vector<GridAxis>& axes) {
  std::vector<HeadPlace> heads;
  for (const GridPlace& place : grid_places(axes)) heads.push_back({place.layer, place.head});
  return heads;
}

std::vector<HeadPlace> ascending(const std::vector<HeadPlace>& heads,
                                 const std::vector<double>& importance) {
  std::vector<std::size_t> order(heads.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    // A model that loses its numbers with a head needs that head most.
    return std::isnan(importance[i]) ? std::numeric_limits<double>::infinity() : importance[i];
  });
  std::vector<HeadPlace> sorted(heads.size());
  std::ranges::transform(order, sorted.begin(), [&](std::size_t i) { return heads[i]; });
  return sorted;
}

/// The same on every platform, unlike std::shuffle.
std::vector<HeadPlace> shuffled(std::vector<HeadPlace> heads, std::mt19937_64& random) {
  for (std::size_t i = heads.size(); i > 1; --i) std::swap(heads[i - 1], heads[random() % i]);
  return heads;
}

void rank_heads(PrunedLoss& loss, PruningResult& result, const std::vector<HeadPlace>& heads) {
  std::vector<Heads> alone(heads.size());
  std::ranges::transform(heads, alone.begin(),
                         [](const HeadPlace& head) { return Heads(&head, 1); });
  result.importance.values = loss.of(alone, result.texts, &PrunedText::for_importance);
  result.importance_base_nats = result.importance.values.back();
  result.importance.values.pop_back();
  for (double& value : result.importance.values) value -= result.importance_base_nats;
}

void measure_curves(PrunedLoss& loss, PruningResult& result) {
  std::vector<PruningCurve*> curves{&result.least_first, &result.most_first};
  for (PruningCurve& curve : result.random) curves.push_back(&curve);
  std::vector<Heads> removed;
  for (const PruningCurve* curve : curves) {
    for (const int count : result.counts) {
      removed.push_back(Heads(curve->order).first(static_cast<std::size_t>(count)));
    }
  }
  const std::vector<double> losses = loss.of(removed, result.texts, &PrunedText::for_curve);
  result.base_loss_nats = losses.back();
  auto next = losses.begin();
  for (PruningCurve* curve : curves) {
    const auto end = next + static_cast<std::ptrdiff_t>(result.counts.size());
    curve->loss_nats.assign(next, end);
    next = end;
  }
}

/// Sets of heads to remove from the first text in both precisions: some heads alone, and more and
/// more of them.
struct ComparedSets {
  std::vector<Heads> sets;
  std::vector<std::string> names;
};

ComparedSets sets_to_compare(Heads order) {
  constexpr std::size_t kEach = 4;
  ComparedSets compared;
  const auto add = [&](Heads heads, std::string name) {
    compared.sets.push_back(heads);
    compared.names.push_back(std::move(name));
  };
  for (std::size_t i = 0; i < std::min(kEach, order.size()); ++i) {
    const Heads alone = order.subspan(order.size() * (2 * i + 1) / (2 * kEach), 1);
    add(alone, to_string(alone.front()));
  }
  for (std::size_t i = 1; i <= kEach; ++i) {
    const Heads removed = order.first(order.size() * i / kEach);
    add(removed, fmt::format("the {} least important", removed.size()));
  }
  return compared;
}

std::optional<SweepDeviation> deviation_of_losses(Session& session,
                                                  const std::vector<PruningText>& texts,
                                                  const PruningOptions& options,
                                                  const PruningResult& result) {
  if (is_f32(session, options.sweep)) return std::nullopt;
  const std::vector<PruningText> text{texts.front()};
  const ComparedSets compared = sets_to_compare(result.least_first.order);
  const auto losses_of = [&](Session& by, const SweepOptions& sweep,
                             const std::vector<Heads>& sets) {
    PruningOptions same = options;
    same.sweep = sweep;
    std::vector<PrunedText> told = told_texts(text);
    return PrunedLoss(by, text, same).of(sets, told, &PrunedText::for_curve);
  };
  std::vector<double> losses = losses_of(session, options.sweep, compared.sets);
  const double base = losses.back();
  losses.pop_back();
  auto deviation =
      deviation_from_f32(session, options.sweep,
                         {.metric = to_string(Metric::loss),
                          .prompts = {{losses, base}},
                          .name = [&](std::size_t place) { return compared.names[place]; },
                          .again =
                              [&](Session& f32, const SweepOptions& sweep, std::size_t,
                                  const std::vector<std::size_t>& places) {
                                std::vector<Heads> sets;
                                for (const std::size_t place : places)
                                  sets.push_back(compared.sets[place]);
                                return losses_of(f32, sweep, sets);
                              }});
  if (!deviation) return deviation;
  const std::ptrdiff_t curves = 2 + std::ssize(result.random);
  deviation->of_places = std::ssize(result.importance.values) + std::ssize(result.counts) * curves;
  deviation->of_prompts = static_cast<int>(texts.size());
  return deviation;
}

}  // namespace

std::vector<int> pruning_counts(int n_heads, std::optional<int> steps) {
  if (steps && *steps < 1) throw UsageError("a curve needs at least 1 step from no head to all");
  const int n = std::min(n_heads, steps.value_or(kMostSteps));
  std::vector<int> counts;
  for (int i = 0; i <= n; ++i) {
    counts.push_back(static_cast<int>((2 * std::int64_t{i} * n_heads + n) / (2 * n)));
  }
  return counts;
}

PruningResult prune(Session& session, const std::vector<PruningText>& texts,
                    const PruningOptions& options) {
  check(session, texts, options);
  PruningResult result;
  result.kind = to_string(options.replacement);
  const bool exact = options.sweep.products == SweepProducts::exact;
  result.products = exact ? "exact" : "bf16_deltas";
  result.texts = told_texts(texts);
  result.held_out = texts.size() > 1;
  result.importance.axes = grid_axes(SiteKind::z, GridColumns::heads, session.spec(), 0);
  const std::vector<HeadPlace> heads = heads_of(result.importance.axes);
  result.counts = pruning_counts(static_cast<int>(heads.size()), options.steps);
  PrunedLoss loss(session, texts, options);
  rank_heads(loss, result, heads);
  result.least_first.order = ascending(heads, result.importance.values);
  result.most_first.order.assign(result.least_first.order.rbegin(),
                                 result.least_first.order.rend());
  std::mt19937_64 random(options.seed);
  for (int i = 0; i < options.random_orders; ++i) {
    result.random.push_back({.order = shuffled(heads, random), .loss_nats = {}});
  }
  measure_curves(loss, result);
  result.provenance = sweep_provenance(session, options.sweep);
  result.provenance.sweep_deviation = deviation_of_losses(session, texts, options, result);
  if (options.random_orders > 0 || options.replacement == Replacement::resample) {
    result.provenance.seed = options.seed;
  }
  return result;
}

}  // namespace headlens
