#include "headlens/probing/structural_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <tuple>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/learn/standardizer.h"
#include "headlens/probing/structural_log.h"
#include "headlens/probing/structural_probe_file.h"
#include "headlens/statistics/bootstrap.h"
#include "headlens/statistics/multiple_testing.h"
#include "headlens/statistics/sign_flip.h"

namespace headlens {
namespace {

using OutcomeMember = std::optional<StructuralOutcome> LayerOutcomes::*;

class Study {
 public:
  Study(const TreebankSource& training, const TreebankSource& validation,
        const TreebankSource& test, const StructuralStudyOptions& options)
      : training_(training),
        validation_(validation),
        test_(test),
        options_(options),
        log_(options.log, options.work) {}

  StructuralResult run() {
    train_layers();
    StructuralResult result;
    describe(result);
    for (const int layer : options_.hidden_states) {
      result.layers.push_back({.hidden_state = layer});
      if (options_.distance)
        result.layers.back().distance = finding(layer, &LayerOutcomes::distance);
      if (options_.depth) result.layers.back().depth = finding(layer, &LayerOutcomes::depth);
    }
    if (options_.distance) compare(result, &StructuralLayer::distance, &LayerOutcomes::distance);
    if (options_.depth) compare(result, &StructuralLayer::depth, &LayerOutcomes::depth);
    add_baselines(result);
    if (options_.parse) add_parse(result, *options_.parse);
    return result;
  }

 private:
  /// Every layer of the question, and hidden state 0 for comparison.
  void train_layers() {
    std::vector<int> layers = options_.hidden_states;
    if (std::ranges::find(layers, 0) == layers.end()) layers.push_back(0);
    std::erase_if(layers, [&](int layer) { return log_.find(layer) != nullptr; });
    std::atomic<std::uint64_t> done = 0;
    std::mutex reporting;
    const auto report = [&] {
      const std::scoped_lock lock(reporting);
      if (options_.progress) {
        options_.progress({"structural probes", done, layers.size(), "layers"});
      }
    };
    report();
    parallel_for(static_cast<std::ptrdiff_t>(layers.size()), [&](std::ptrdiff_t i) {
      check_cancellation();
      log_.add(layers[i], train(layers[i]));
      ++done;
      report();
    });
  }

  LayerOutcomes train(int layer) const {
    LayerStates training{&training_.trees, training_.states(layer)};
    LayerStates validation{&validation_.trees, validation_.states(layer)};
    LayerStates test{&test_.trees, test_.states(layer)};
    std::optional<Standardizer> standardizer;
    if (options_.standardize) {
      standardizer = Standardizer::fit(std::as_const(training.states).view<2>());
      for (LayerStates* part : {&training, &validation, &test}) {
        part->states = standardizer->transform(std::as_const(part->states).view<2>());
      }
    }
    const auto outcome = [&](StructuralTarget target) {
      StructuralOptions options = options_.probe;
      options.order = {};
      options.initial = {};
      options.target = target;
      ScoredProbe scored = train_and_score(training, validation, test, options, options_.parse);
      if (!options_.probes.empty()) {
        save_structural_probe(options_.probes / structural_probe_file(target, layer), scored.probe,
                              standardizer);
      }
      return std::move(scored.outcome);
    };
    LayerOutcomes outcomes;
    if (options_.distance) outcomes.distance = outcome(StructuralTarget::distance);
    if (options_.depth) outcomes.depth = outcome(StructuralTarget::depth);
    return outcomes;
  }

  void describe(StructuralResult& result) const {
    result.training_words = training_.trees.n_words();
    result.validation_words = validation_.trees.n_words();
    result.test_words = test_.trees.n_words();
    result.training_sentences = training_.trees.n_sentences();
    result.validation_sentences = validation_.trees.n_sentences();
    result.test_sentences = test_.trees.n_sentences();
    result.rank = options_.probe.rank;
    result.standardized = options_.standardize;
    result.epochs = options_.probe.epochs;
    result.batch_sentences = options_.probe.batch_sentences;
    result.learning_rate = options_.probe.adam.learning_rate;
    result.confidence = options_.confidence;
    result.resamples = options_.resamples;
    result.flips = options_.flips;
  }

  const StructuralOutcome& outcome(int layer, OutcomeMember member) const {
    const LayerOutcomes* outcomes = log_.find(layer);
    if (outcomes == nullptr || !(outcomes->*member)) {
      throw FormatError(options_.log.string(), "lacks the outcome of layer " +
                                                   std::to_string(layer) +
                                                   "; remove the file to begin again");
    }
    return *(outcomes->*member);
  }

  StructuralFinding finding(int layer, OutcomeMember member) const {
    const StructuralOutcome& found = outcome(layer, member);
    StructuralFinding finding;
    std::tie(finding.tree, finding.spearman) = scores(found, member);
    finding.test_loss = found.test_loss;
    finding.training_losses = found.training_losses;
    finding.validation_losses = found.validation_losses;
    finding.best_epoch = found.best_epoch + 1;
    return finding;
  }

  static StructuralTarget target_of(OutcomeMember member) {
    return member == &LayerOutcomes::distance ? StructuralTarget::distance
                                              : StructuralTarget::depth;
  }

  /// The tree figure and the correlation, each with its interval.
  std::pair<StructuralScore, StructuralScore> scores(const StructuralOutcome& found,
                                                     OutcomeMember member) const {
    const StructuralTarget target = target_of(member);
    const StructureScores whole = structure_scores(found.sentences, target);
    const bool is_distance = target == StructuralTarget::distance;
    constexpr std::int64_t kLengths = kLongestScored - kShortestScored + 1;
    constexpr std::int64_t kQuantities = 2 + 2 * kLengths;
    std::vector<double> values(found.sentences.size() * kQuantities, 0.0);
    for (std::size_t i = 0; i < found.sentences.size(); ++i) {
      const SentenceStructure& s = found.sentences[i];
      double* row = values.data() + i * kQuantities;
      row[0] = is_distance ? static_cast<double>(s.found_edges) : s.found_root;
      row[1] = is_distance ? static_cast<double>(s.edges) : 1;
      if (s.n_words < kShortestScored || s.n_words > kLongestScored) continue;
      row[2 + s.n_words - kShortestScored] = s.spearman;
      row[2 + kLengths + s.n_words - kShortestScored] = 1;
    }
    const auto compute = [&](std::span<const double> means) {
      double sum = 0, lengths = 0;
      for (std::int64_t l = 0; l < kLengths; ++l) {
        if (means[2 + kLengths + l] == 0) continue;
        sum += means[2 + l] / means[2 + kLengths + l];
        ++lengths;
      }
      return std::vector<double>{means[1] > 0 ? means[0] / means[1] : NAN,
                                 lengths > 0 ? sum / lengths : NAN};
    };
    const std::vector<Interval> intervals =
        bootstrap_of_means({values, static_cast<std::int64_t>(found.sentences.size()), kQuantities},
                           compute, {options_.resamples, options_.confidence, options_.probe.seed});
    const double tree = is_distance ? whole.uuas : whole.root_accuracy;
    return {{tree, intervals[0].low, intervals[0].high},
            {whole.spearman, intervals[1].low, intervals[1].high}};
  }

  void compare(StructuralResult& result, StructuralTargetMember target,
               OutcomeMember member) const {
    const std::size_t best = *best_layer(result, target);
    const auto figure = [&](std::size_t layer, std::size_t sentence) {
      const SentenceStructure& s =
          outcome(result.layers[layer].hidden_state, member).sentences[sentence];
      return member == &LayerOutcomes::distance ? static_cast<double>(s.found_edges)
                                                : static_cast<double>(s.found_root);
    };
    std::vector<double> p_values;
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
      if (i == best) continue;
      std::vector<double> differences;
      for (std::int64_t s = 0; s < test_.trees.n_sentences(); ++s) {
        differences.push_back(figure(best, s) - figure(i, s));
      }
      p_values.push_back(sign_flip_p_values({differences, test_.trees.n_sentences(), 1},
                                            {options_.flips, options_.probe.seed})[0]);
    }
    const std::vector<double> corrected = holm(p_values);
    for (std::size_t i = 0, at = 0; i < result.layers.size(); ++i) {
      if (i == best) continue;
      (result.layers[i].*target)->p_best = p_values[at];
      (result.layers[i].*target)->p_best_holm = corrected[at++];
    }
  }

  StructuralBaseline baseline(std::string name, std::string about,
                              const StructuralOutcome* distance,
                              const StructuralOutcome* depth) const {
    StructuralBaseline made{.name = std::move(name), .about = std::move(about)};
    if (distance != nullptr) {
      std::tie(made.uuas, made.distance_spearman) = scores(*distance, &LayerOutcomes::distance);
    }
    if (depth != nullptr) {
      std::tie(made.root_accuracy, made.depth_spearman) = scores(*depth, &LayerOutcomes::depth);
    }
    return made;
  }

  void add_baselines(StructuralResult& result) const {
    const StructuralOutcome distance = score_chain(test_.trees, StructuralTarget::distance);
    const StructuralOutcome depth = score_chain(test_.trees, StructuralTarget::depth);
    result.baselines.push_back(baseline("linear chain", "each word hangs on the one before it",
                                        options_.distance ? &distance : nullptr,
                                        options_.depth ? &depth : nullptr));
    const auto own = [&](bool wanted, OutcomeMember member) {
      return wanted ? &outcome(0, member) : nullptr;
    };
    result.baselines.push_back(baseline("embeddings", "hidden state 0",
                                        own(options_.distance, &LayerOutcomes::distance),
                                        own(options_.depth, &LayerOutcomes::depth)));
  }

  void add_parse(StructuralResult& result, std::int64_t s) const {
    const Trees own = select_trees(test_.trees, std::span(&s, 1));
    ParsedSentence parse{.line = own.lines[0],
                         .words = own.forms,
                         .heads = own.heads,
                         .kept = own.kept,
                         .edges = tree_edges(own.heads, own.kept)};
    const std::vector<float> depths = tree_depths(own.heads);
    parse.depths.assign(depths.begin(), depths.end());
    if (const auto best = best_layer(result, &StructuralLayer::distance)) {
      parse.distance_layer = result.layers[*best].hidden_state;
      parse.predicted_edges = outcome(*parse.distance_layer, &LayerOutcomes::distance).edges;
    }
    if (const auto best = best_layer(result, &StructuralLayer::depth)) {
      parse.depth_layer = result.layers[*best].hidden_state;
      parse.predicted_depths = outcome(*parse.depth_layer, &LayerOutcomes::depth).depths;
    }
    result.parse = std::move(parse);
  }

  const TreebankSource &training_, &validation_, &test_;
  const StructuralStudyOptions& options_;
  StructuralLog log_;
};

}  // namespace

StructuralResult study_structure(const TreebankSource& training, const TreebankSource& validation,
                                 const TreebankSource& test,
                                 const StructuralStudyOptions& options) {
  if (options.hidden_states.empty()) throw UsageError("no layer to probe was named");
  if (!options.distance && !options.depth)
    throw UsageError("neither distances nor depths are asked");
  for (const auto& [name, source] :
       {std::pair{"training", &training}, {"validation", &validation}, {"test", &test}}) {
    if (source->trees.n_sentences() > 0) continue;
    throw UsageError(fmt::format("the {} part has no sentence", name));
  }
  if (options.parse && (*options.parse < 0 || *options.parse >= test.trees.n_sentences())) {
    throw UsageError(fmt::format("there is no test sentence {}; there are {}", *options.parse + 1,
                                 test.trees.n_sentences()));
  }
  return Study(training, validation, test, options).run();
}

}  // namespace headlens
