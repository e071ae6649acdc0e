#include "headlens/probing/structural_outcome.h"

#include <cmath>
#include <functional>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;
/// Predictions for a sentence, [n, n] or [n].
using Predict = std::function<std::vector<float>(std::int64_t sentence)>;

std::span<const std::int32_t> heads_of(const Trees& trees, std::int64_t sentence) {
  return std::span(trees.heads)
      .subspan(trees.begins[sentence], trees.begins[sentence + 1] - trees.begins[sentence]);
}

std::span<const std::uint8_t> kept_of(const Trees& trees, std::int64_t sentence) {
  return std::span(trees.kept)
      .subspan(trees.begins[sentence], trees.begins[sentence + 1] - trees.begins[sentence]);
}

double mean_error(std::span<const float> predicted, std::span<const float> truth) {
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    sum += std::abs(static_cast<double>(predicted[i]) - truth[i]);
  }
  return sum / static_cast<double>(truth.size());
}

void score(const Trees& trees, StructuralTarget target, std::optional<std::int64_t> parse,
           const Predict& predict, StructuralOutcome& outcome) {
  const bool is_distance = target == StructuralTarget::distance;
  double loss = 0;
  for (std::int64_t s = 0; s < trees.n_sentences(); ++s) {
    const auto heads = heads_of(trees, s);
    const auto kept = kept_of(trees, s);
    const std::vector<float> predicted = predict(s);
    loss += mean_error(predicted, is_distance ? tree_distances(heads) : tree_depths(heads));
    outcome.sentences.push_back(is_distance ? score_distances(predicted, heads, kept)
                                            : score_depths(predicted, heads, kept));
    if (parse != s) continue;
    if (is_distance) {
      outcome.edges = minimum_spanning_tree(predicted, kept);
    } else {
      outcome.depths.assign(predicted.begin(), predicted.end());
    }
  }
  outcome.test_loss = loss / static_cast<double>(trees.n_sentences());
}

}  // namespace

Json to_json(const StructuralOutcome& outcome) {
  Json sentences = Json::array(), edges = Json::array();
  for (const SentenceStructure& s : outcome.sentences) {
    const Json spearman = std::isnan(s.spearman) ? Json() : Json(s.spearman);
    sentences.push_back({s.n_words, spearman, s.edges, s.found_edges, s.found_root ? 1 : 0});
  }
  for (const WordPair& edge : outcome.edges) edges.push_back({edge.first, edge.second});
  return {{"training_losses", outcome.training_losses},
          {"validation_losses", outcome.validation_losses},
          {"best_epoch", outcome.best_epoch},
          {"test_loss", outcome.test_loss},
          {"sentences", sentences},
          {"edges", edges},
          {"depths", outcome.depths}};
}

StructuralOutcome outcome_from_json(const nlohmann::json& json, const std::string& place) {
  StructuralOutcome outcome;
  try {
    outcome.training_losses = json.at("training_losses").get<std::vector<double>>();
    outcome.validation_losses = json.at("validation_losses").get<std::vector<double>>();
    outcome.best_epoch = json.at("best_epoch");
    outcome.test_loss = json.at("test_loss");
    for (const auto& s : json.at("sentences")) {
      outcome.sentences.push_back({.n_words = s.at(0),
                                   .spearman = s.at(1).is_null() ? NAN : s.at(1).get<double>(),
                                   .edges = s.at(2),
                                   .found_edges = s.at(3),
                                   .found_root = s.at(4) == 1});
    }
    for (const auto& edge : json.at("edges")) outcome.edges.emplace_back(edge.at(0), edge.at(1));
    outcome.depths = json.at("depths").get<std::vector<double>>();
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(place, std::string("is no outcome of a structural probe: ") + error.what());
  }
  return outcome;
}

ScoredProbe train_and_score(const LayerStates& training, const LayerStates& validation,
                            const LayerStates& test, const StructuralOptions& options,
                            std::optional<std::int64_t> parse) {
  StructuralFit fit = train_structural_probe(training.view(), validation.view(), options);
  StructuralOutcome outcome;
  outcome.training_losses = fit.training_losses;
  outcome.validation_losses = fit.validation_losses;
  outcome.best_epoch = fit.best_epoch;
  const Trees& trees = *test.trees;
  const std::int64_t width = test.states.size(1);
  const auto predict = [&](std::int64_t s) {
    check_cancellation();
    return fit.probe.predict({test.states.data() + trees.begins[s] * width,
                              {trees.begins[s + 1] - trees.begins[s], width}});
  };
  score(trees, options.target, parse, predict, outcome);
  return {std::move(fit.probe), std::move(outcome)};
}

StructuralOutcome score_chain(const Trees& test, StructuralTarget target) {
  StructuralOutcome outcome;
  const auto predict = [&](std::int64_t s) {
    const std::int64_t n = test.begins[s + 1] - test.begins[s];
    std::vector<float> chain;
    for (std::int64_t i = 0; i < n; ++i) {
      if (target == StructuralTarget::depth) {
        chain.push_back(static_cast<float>(i));
        continue;
      }
      for (std::int64_t j = 0; j < n; ++j) chain.push_back(static_cast<float>(std::abs(i - j)));
    }
    return chain;
  };
  score(test, target, {}, predict, outcome);
  return outcome;
}

}  // namespace headlens
