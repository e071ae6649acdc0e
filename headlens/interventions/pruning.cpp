#include "headlens/interventions/pruning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/interventions/site_grid.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

constexpr int kMostSteps = 64;

/// Texts whose base runs are held at once.
constexpr std::size_t kTextsAtOnce = 8;
/// Sets of heads whose variants of these texts are held at once: many random orders of many heads
/// would fill the memory with lists.
constexpr std::size_t kSetsAtOnce = 512;

using LayerValues = std::vector<std::shared_ptr<const Tensor>>;
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

/// Every token but the first, predicted at the position before it.
Question loss_question(const TokenSequence& sequence) {
  Question question;
  question.answer.assign(sequence.ids.begin() + 1, sequence.ids.end());
  question.positions.resize(question.answer.size());
  std::iota(question.positions.begin(), question.positions.end(), 0);
  return question;
}

/// Weighted by tokens.
class MeanLoss {
 public:
  void add(double loss_nats, int tokens) {
    sum_ += loss_nats * tokens;
    tokens_ += tokens;
  }
  double nats() const { return sum_ / static_cast<double>(tokens_); }

 private:
  double sum_ = 0;
  std::int64_t tokens_ = 0;
};

/// Measures the loss with heads removed, over some of the texts.
class PrunedLoss {
 public:
  PrunedLoss(Session& session, const std::vector<PruningText>& texts, const PruningOptions& options)
      : session_(session),
        texts_(texts),
        options_(options),
        sweep_(session, Metric::loss, options.sweep) {
    if (options.replacement == Replacement::resample) return;
    values_ = reference_values(session, SiteKind::z, options.replacement, options.reference, 0, 0);
  }

  /// @param part   texts with this part are read, and learn their base loss
  /// @param sets   heads that are removed together
  /// @return  the loss of each set, and last that of the whole model
  std::vector<double> of(const std::vector<Heads>& sets, std::vector<PrunedText>& told,
                         bool PrunedText::*part) {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (told[i].*part) chosen.push_back(i);
    }
    std::vector<MeanLoss> means(sets.size() + 1);
    for (std::size_t first = 0; first < chosen.size(); first += kTextsAtOnce) {
      const std::size_t count = std::min(kTextsAtOnce, chosen.size() - first);
      add_texts(sets, std::span(chosen).subspan(first, count), told, means);
    }
    std::vector<double> losses(means.size());
    std::ranges::transform(means, losses.begin(), &MeanLoss::nats);
    return losses;
  }

 private:
  void add_texts(const std::vector<Heads>& sets, std::span<const std::size_t> some,
                 std::vector<PrunedText>& told, std::vector<MeanLoss>& means) {
    std::vector<TokenSequence> sequences;
    std::vector<Question> questions;
    for (const std::size_t i : some) {
      sequences.push_back(texts_[i].prompt.sequence);
      questions.push_back(loss_question(sequences.back()));
    }
    const auto bases = sweep_.record(sequences);
    std::vector<LayerValues> values;
    for (std::size_t t = 0; t < some.size(); ++t) {
      PrunedText& text = told[some[t]];
      values.push_back(values_for(some[t], bases[t]->length()));
      text.base_loss_nats = sweep_.readout().read_base(questions[t], *bases[t]);
      means.back().add(text.base_loss_nats, text.predicted_tokens);
    }
    for (std::size_t first = 0; first < sets.size(); first += kSetsAtOnce) {
      const std::size_t end = std::min(sets.size(), first + kSetsAtOnce);
      std::vector<Variant> variants;
      for (std::size_t t = 0; t < some.size(); ++t) {
        for (std::size_t s = first; s < end; ++s) {
          variants.push_back({bases[t].get(), &questions[t], removal_of(sets[s], values[t])});
        }
      }
      const std::vector<double> losses = sweep_.run(variants);
      for (std::size_t i = 0; i < losses.size(); ++i) {
        const PrunedText& text = told[some[i / (end - first)]];
        means[first + i % (end - first)].add(losses[i], text.predicted_tokens);
      }
    }
  }

  LayerValues values_for(std::size_t text, std::int64_t length) {
    if (options_.replacement != Replacement::resample) return values_;
    return reference_values(session_, SiteKind::z, options_.replacement, options_.reference, length,
                            options_.seed + text);
  }

  static std::vector<Intervention> removal_of(Heads heads, const LayerValues& values) {
    std::vector<Intervention> removal;
    for (const auto [layer, head] : heads) {
      removal.push_back({.site = {SiteKind::z, layer}, .head = head});
      removal.back().edit.values = values.at(layer);
    }
    return removal;
  }

  Session& session_;
  const std::vector<PruningText>& texts_;
  const PruningOptions& options_;
  Sweep sweep_;
  LayerValues values_;  ///< the same for every text; empty for resample
};

/// What is told of the texts before anything is measured; splits them.
std::vector<PrunedText> told_texts(const std::vector<PruningText>& texts) {
  const bool held_out = texts.size() > 1;
  const std::size_t n_ranking = (texts.size() + 1) / 2;
  std::vector<PrunedText> told;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    told.push_back({.line = texts[i].line,
                    .prompt = texts[i].prompt.tokens,
                    .predicted_tokens = static_cast<int>(texts[i].prompt.sequence.ids.size()) - 1,
                    .for_importance = i < n_ranking,
                    .for_curve = !held_out || i >= n_ranking});
  }
  return told;
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
  result.provenance = provenance_of(session);
  if (options.random_orders > 0 || options.replacement == Replacement::resample) {
    result.provenance.seed = options.seed;
  }
  return result;
}

}  // namespace headlens
