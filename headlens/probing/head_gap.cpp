#include "headlens/probing/head_gap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/cross_validation.h"
#include "headlens/learn/standardizer.h"
#include "headlens/statistics/bootstrap.h"
#include "headlens/statistics/sign_flip.h"

namespace headlens {
namespace {

using Labels = std::vector<std::int32_t>;

/// F1 of one class from its counts.
double f1_of(double true_positive, double predicted, double actual) {
  return predicted + actual > 0 ? 2 * true_positive / (predicted + actual) : 0;
}

/// Predictions of one layer for every row, by models that have not seen it.
struct LayerPredictions {
  Labels predicted;
  std::vector<double> probability;  ///< of the positive class
  std::vector<double> inner_f1, c;  ///< by outer fold, of the best C
};

class HeadGap {
 public:
  HeadGap(const ProbeData& data, const HeadGapOptions& options)
      : data_(data), options_(options), labels_(data.labels()) {
    check();
    outer_ = stratified_folds(labels_, options.folds);
    // Each class in turn, so that every outer fold's training rows are divided evenly.
    inner_.n_folds = options.inner_folds;
    std::map<std::int32_t, std::int32_t> seen;
    for (const std::int32_t label : labels_) {
      inner_.test_fold.push_back(seen[label]++ % options.inner_folds);
    }
  }

  HeadGapResult run() {
    const LayerPredictions head = predict(options_.head_layer);
    std::vector<LayerPredictions> layers;
    for (const int layer : options_.layers) layers.push_back(predict(layer));
    HeadGapResult result;
    describe(result);
    const LayerPredictions probe = choose(head, layers, result);
    result.head = scores(head.predicted);
    result.probe = scores(probe.predicted);
    for (const LayerPredictions& layer : layers) result.by_layer.push_back(scores(layer.predicted));
    compare_f1(head.predicted, probe.predicted, result);
    std::vector<bool> everything(labels_.size(), true), positives(labels_.size());
    for (std::size_t i = 0; i < labels_.size(); ++i) positives[i] = labels_[i] == positive_;
    result.all = counts(head.predicted, probe.predicted, everything);
    result.of_positive = counts(head.predicted, probe.predicted, positives);
    list_found(head, probe, result);
    return result;
  }

 private:
  void check() {
    if (data_.has_real_values()) {
      throw UsageError("column " + data_.column() + " has real values; a head needs classes");
    }
    if (data_.classes().size() < 2) throw UsageError("there is one class only");
    if (options_.layers.empty()) throw UsageError("there is no layer before the head's to probe");
    if (options_.c_grid.empty()) throw UsageError("there is no C to choose from");
    if (options_.inner_folds < 2) throw UsageError("there must be two inner folds at least");
    std::vector<std::int64_t> sizes(data_.classes().size());
    for (const std::int32_t label : labels_) ++sizes[label];
    const auto rarest = std::ranges::min_element(sizes) - sizes.begin();
    const auto named = std::ranges::find(data_.classes(), options_.positive);
    if (!options_.positive.empty() && named == data_.classes().end()) {
      throw UsageError("there is no class " + options_.positive);
    }
    positive_ = static_cast<std::int32_t>(
        options_.positive.empty() ? rarest : named - data_.classes().begin());
  }

  void describe(HeadGapResult& result) const {
    result.task = data_.manifest().work.corpus.task;
    result.column = data_.column();
    result.data = data_.manifest().work.corpus.data.string();
    result.pooling = to_string(data_.manifest().work.pooling);
    result.positive = data_.classes()[positive_];
    result.rows = data_.rows();
    result.positives = std::ranges::count(labels_, positive_);
    result.head_layer = options_.head_layer;
    result.layers = options_.layers;
    result.c_grid = options_.c_grid;
  }

  LayerPredictions predict(int layer) {
    const Tensor states = data_.states(layer);
    std::vector<std::vector<float>> weights;
    for (int fold = 0; fold < outer_.n_folds; ++fold) {
      weights.push_back(outer_.training_weights(fold));
    }
    LayerPredictions made;
    choose_c(states, weights, made);
    std::vector<std::vector<double>> deviations;
    std::vector<LogisticProblem> problems;
    for (const auto& training : weights) {
      deviations.push_back(Standardizer::fit(states.view<2>(), training).deviation);
    }
    for (std::size_t fold = 0; fold < weights.size(); ++fold) {
      problems.push_back({.labels = labels_,
                          .row_weights = weights[fold],
                          .class_weights = BalancedClasses{},
                          .c = made.c[fold],
                          .penalty_scales = deviations[fold]});
    }
    const std::vector<LogisticFit> fits = fit_logistic(states.view<2>(), problems);
    made.predicted.resize(labels_.size());
    made.probability.resize(labels_.size());
    for (int fold = 0; fold < outer_.n_folds; ++fold) {
      const std::vector<std::int64_t> rows = outer_.test_rows(fold);
      const Tensor test = gather_rows(states.view<2>(), rows);
      const LinearClassifier& model = fits[fold].classifier;
      const Labels predicted = model.predict(test.view<2>());
      const std::vector<double> p = model.probabilities(test.view<2>());
      const auto column = std::ranges::find(model.classes, positive_) - model.classes.begin();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        made.predicted[rows[i]] = predicted[i];
        made.probability[rows[i]] = p[i * model.classes.size() + column];
      }
    }
    if (options_.progress) {
      options_.progress({"training", ++done_, options_.layers.size() + 1, "layers"});
    }
    return made;
  }

  /// For each outer fold, the C of the largest F1 on the inner folds of its training rows.
  void choose_c(const Tensor& states, const std::vector<std::vector<float>>& weights,
                LayerPredictions& made) const {
    std::vector<LogisticProblem> problems;
    for (const auto& training : weights) {
      for (const double c : options_.c_grid) {
        problems.push_back({.labels = labels_,
                            .row_weights = training,
                            .class_weights = BalancedClasses{},
                            .c = c});
      }
    }
    const auto validated =
        cross_validate(states.view<2>(), problems, inner_, {.standardize = true});
    for (std::size_t fold = 0; fold < weights.size(); ++fold) {
      double best = -1, best_c = 0;
      for (std::size_t i = 0; i < options_.c_grid.size(); ++i) {
        const Labels& predicted = validated[fold * options_.c_grid.size() + i].predicted;
        const double f1 = weighted_f1(predicted, weights[fold]);
        if (f1 > best) {
          best = f1;
          best_c = options_.c_grid[i];
        }
      }
      made.inner_f1.push_back(best);
      made.c.push_back(best_c);
    }
  }

  double weighted_f1(const Labels& predicted, const std::vector<float>& weights) const {
    double hits = 0, found = 0, actual = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (weights[i] == 0) continue;
      const bool is = labels_[i] == positive_, said = predicted[i] == positive_;
      hits += is && said ? 1 : 0;
      found += said ? 1 : 0;
      actual += is ? 1 : 0;
    }
    return f1_of(hits, found, actual);
  }

  /// Of each outer fold the layer whose inner F1 is largest; of equal ones the first.
  LayerPredictions choose(const LayerPredictions& head, const std::vector<LayerPredictions>& layers,
                          HeadGapResult& result) {
    LayerPredictions probe = head;
    for (int fold = 0; fold < outer_.n_folds; ++fold) {
      HeadGapFold told{.head_c = head.c[fold], .inner_f1 = {}};
      std::size_t best = 0;
      for (std::size_t i = 0; i < layers.size(); ++i) {
        told.inner_f1.push_back(layers[i].inner_f1[fold]);
        if (layers[i].inner_f1[fold] > layers[best].inner_f1[fold]) best = i;
      }
      told.probe_layer = options_.layers[best];
      told.probe_c = layers[best].c[fold];
      for (const std::int64_t row : outer_.test_rows(fold)) {
        probe.predicted[row] = layers[best].predicted[row];
        probe.probability[row] = layers[best].probability[row];
        ++told.test_rows;
      }
      result.folds.push_back(std::move(told));
    }
    return probe;
  }

  HeadGapScores scores(const Labels& predicted) const {
    const ClassificationMetrics metrics = classification_metrics(labels_, predicted);
    HeadGapScores made{.accuracy = metrics.accuracy, .macro_f1 = metrics.macro_f1};
    for (const ClassMetrics& of_class : metrics.classes) {
      if (of_class.label != positive_) continue;
      made.precision = of_class.precision;
      made.recall = of_class.recall;
      made.f1 = of_class.f1;
    }
    return made;
  }

  void compare_f1(const Labels& head, const Labels& probe, HeadGapResult& result) const {
    // Of each row what F1 is made of: hits and positive predictions of the two, and the truth.
    std::vector<double> values;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const double is = labels_[i] == positive_ ? 1 : 0;
      const double of_head = head[i] == positive_ ? 1 : 0;
      const double of_probe = probe[i] == positive_ ? 1 : 0;
      values.insert(values.end(), {is * of_head, of_head, is * of_probe, of_probe, is});
    }
    const auto gap = [](std::span<const double> m) {
      return std::vector{f1_of(m[2], m[3], m[4]) - f1_of(m[0], m[1], m[4])};
    };
    const auto n = static_cast<std::int64_t>(labels_.size());
    const Interval interval = bootstrap_of_means({values, n, 5}, gap,
                                                 {.resamples = options_.resamples,
                                                  .confidence = result.confidence,
                                                  .seed = options_.seed})
                                  .front();
    result.f1_low = interval.low;
    result.f1_high = interval.high;
    result.f1_difference = result.probe.f1 - result.head.f1;
    std::mt19937_64 random(options_.seed);
    int as_far = 1;  // the one that was seen
    for (int flip = 0; flip < options_.flips; ++flip) {
      double sums[5] = {};
      for (std::int64_t i = 0; i < n; ++i) {
        const double* row = values.data() + i * 5;
        const int swap = (random() >> 63) != 0 ? 2 : 0;
        for (int k = 0; k < 4; ++k) sums[k] += row[k ^ swap];
        sums[4] += row[4];
      }
      const double difference = gap(sums).front();
      as_far += std::abs(difference) >= std::abs(result.f1_difference) - 1e-12 ? 1 : 0;
    }
    result.f1_p = static_cast<double>(as_far) / (options_.flips + 1);
  }

  HeadGapCounts counts(const Labels& head, const Labels& probe,
                       const std::vector<bool>& wanted) const {
    HeadGapCounts made;
    std::vector<double> differences;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!wanted[i]) continue;
      const bool of_head = head[i] == labels_[i], of_probe = probe[i] == labels_[i];
      (of_head ? (of_probe ? made.both : made.only_head)
               : (of_probe ? made.only_probe : made.neither)) += 1;
      // Rows on which both agree say nothing about which is better.
      if (of_head != of_probe) differences.push_back(of_probe ? 1 : -1);
    }
    if (differences.empty()) return made;
    made.p = sign_flip_p_values({differences, std::ssize(differences), 1}, {.seed = options_.seed})
                 .front();
    return made;
  }

  void list_found(const LayerPredictions& head, const LayerPredictions& probe,
                  HeadGapResult& result) const {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (labels_[i] != positive_ || head.predicted[i] == positive_ ||
          probe.predicted[i] != positive_) {
        continue;
      }
      result.found.push_back({.row = static_cast<std::int64_t>(i),
                              .text = data_.type_forms()[data_.word_type()[i]],
                              .probe_layer = result.folds[outer_.test_fold[i]].probe_layer,
                              .head_probability = head.probability[i],
                              .probe_probability = probe.probability[i]});
    }
    std::ranges::stable_sort(result.found, std::ranges::greater(),
                             [](const HeadGapExample& example) {
                               return example.probe_probability - example.head_probability;
                             });
  }

  const ProbeData& data_;
  const HeadGapOptions& options_;
  const Labels& labels_;
  std::int32_t positive_ = 0;
  Folds outer_, inner_;
  std::uint64_t done_ = 0;
};

}  // namespace

HeadGapResult study_head_gap(const ProbeData& data, const HeadGapOptions& options) {
  return HeadGap(data, options).run();
}

}  // namespace headlens
