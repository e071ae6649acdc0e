#include "headlens/interventions/pruned_loss.h"

#include <algorithm>
#include <numeric>

namespace headlens {
namespace {

/// Texts whose base runs are held at once.
constexpr std::size_t kTextsAtOnce = 8;
/// Sets of heads whose variants of these texts are held at once: many random orders of many heads
/// would fill the memory with lists.
constexpr std::size_t kSetsAtOnce = 512;

/// Every token but the first, predicted at the position before it.
Question loss_question(const TokenSequence& sequence) {
  Question question;
  question.answer.assign(sequence.ids.begin() + 1, sequence.ids.end());
  question.positions.resize(question.answer.size());
  std::iota(question.positions.begin(), question.positions.end(), 0);
  return question;
}

}  // namespace

/// Weighted by tokens.
class PrunedLoss::MeanLoss {
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

PrunedLoss::PrunedLoss(Session& session, const std::vector<PruningText>& texts,
                       const PruningOptions& options)
    : session_(session),
      texts_(texts),
      options_(options),
      sweep_(session, Metric::loss, options.sweep) {
  if (options.replacement == Replacement::resample) return;
  values_ = reference_values(session, SiteKind::z, options.replacement, options.reference, 0, 0);
}

std::vector<double> PrunedLoss::of(const std::vector<Heads>& sets, std::vector<PrunedText>& told,
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

void PrunedLoss::add_texts(const std::vector<Heads>& sets, std::span<const std::size_t> some,
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

PrunedLoss::LayerValues PrunedLoss::values_for(std::size_t text, std::int64_t length) {
  if (options_.replacement != Replacement::resample) return values_;
  return reference_values(session_, SiteKind::z, options_.replacement, options_.reference, length,
                          options_.seed + text);
}

std::vector<Intervention> PrunedLoss::removal_of(Heads heads, const LayerValues& values) {
  std::vector<Intervention> removal;
  for (const auto [layer, head] : heads) {
    removal.push_back({.site = {SiteKind::z, layer}, .head = head});
    removal.back().edit.values = values.at(layer);
  }
  return removal;
}

}  // namespace headlens
