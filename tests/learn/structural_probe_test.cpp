#include "headlens/learn/structural_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/learn/dependency_tree.h"
#include "tests/learn/learn_golden.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

struct StructuralProbes : testing::Test {
  StructuralOptions options(StructuralTarget target, int rank) const {
    return {.target = target,
            .rank = rank,
            .batch_sentences = golden["batch"],
            .epochs = golden["epochs"],
            .patience = 100,
            .order = order};
  }

  const nlohmann::json& golden = structure_golden()["structural"];
  GoldenTreebank training{"training"}, validation{"validation"};
  std::vector<std::int32_t> order = golden["order"].get<std::vector<std::int32_t>>();
};

TEST_F(StructuralProbes, TrainAsPyTorchDoes) {
  for (const StructuralTarget target : {StructuralTarget::distance, StructuralTarget::depth}) {
    for (const int rank : {6, 20}) {
      const std::string name = to_string(target) + "_" + std::to_string(rank);
      SCOPED_TRACE(name);
      const Tensor initial = structure_array(name + "_initial");
      StructuralOptions own = options(target, rank);
      own.initial = initial.values();
      const StructuralFit fit = train_structural_probe(training.view(), validation.view(), own);
      expect_near_all(fit.training_losses, golden[name]["training"], 1e-4);
      expect_near_all(fit.validation_losses, golden[name]["validation"], 1e-4);
      expect_near_all(fit.learning_rates, golden[name]["rates"], 1e-12);
    }
  }
}

/// The loss as its definition says it, in double, word pair by word pair.
double slow_loss(const GoldenTreebank& sentences, StructuralTarget target, std::int64_t rank,
                 const std::vector<double>& matrix) {
  const std::int64_t d = sentences.states.size(1), n_sentences = std::ssize(sentences.begins) - 1;
  const auto squared = [&](const std::vector<double>& v) {
    double sum = 0;
    for (std::int64_t r = 0; r < rank; ++r) {
      double p = 0;
      for (std::int64_t j = 0; j < d; ++j) p += v[j] * matrix[j * rank + r];
      sum += p * p;
    }
    return sum;
  };
  double total = 0;
  for (std::int64_t s = 0; s < n_sentences; ++s) {
    const auto heads = sentences.heads_of(s);
    const auto x = sentences.sentence(s);
    const auto n = static_cast<std::int64_t>(heads.size());
    const auto distances = tree_distances(heads), depths = tree_depths(heads);
    double loss = 0;
    std::vector<double> v(d);
    for (std::int64_t i = 0; i < n; ++i) {
      if (target == StructuralTarget::depth) {
        for (std::int64_t j = 0; j < d; ++j) v[j] = x(i, j);
        loss += std::abs(squared(v) - depths[i]) / static_cast<double>(n);
        continue;
      }
      for (std::int64_t k = 0; k < n; ++k) {
        for (std::int64_t j = 0; j < d; ++j) v[j] = static_cast<double>(x(i, j)) - x(k, j);
        loss += std::abs(squared(v) - distances[i * n + k]) / static_cast<double>(n * n);
      }
    }
    total += loss / static_cast<double>(n_sentences);
  }
  return total;
}

/// With moments that forget at once and a huge epsilon, one step of Adam on all sentences is the
/// gradient itself, which finite differences of the slow loss know too.
TEST_F(StructuralProbes, FollowTheGradientOfTheirDefinition) {
  for (const StructuralTarget target : {StructuralTarget::distance, StructuralTarget::depth}) {
    SCOPED_TRACE(to_string(target));
    constexpr int kRank = 3;
    const std::int64_t d = validation.states.size(1), size = d * kRank;
    std::mt19937_64 random(6);
    std::uniform_real_distribution<float> uniform(-0.3f, 0.3f);
    std::vector<float> start(size);
    for (float& value : start) value = uniform(random);
    const std::vector<double> wide(start.begin(), start.end());
    const StructuralOptions own{
        .target = target,
        .rank = kRank,
        .adam = {.learning_rate = 1e9, .beta1 = 0, .beta2 = 0, .epsilon = 1e9},
        .batch_sentences = 1000,
        .epochs = 1,
        .initial = start};
    const StructuralFit fit = train_structural_probe(validation.view(), {}, own);
    EXPECT_NEAR(fit.training_losses[0], slow_loss(validation, target, kRank, wide), 1e-5);
    double largest = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      std::vector<double> up = wide, down = wide;
      constexpr double kStep = 1e-6;
      up[i] += kStep;
      down[i] -= kStep;
      const double slope =
          (slow_loss(validation, target, kRank, up) - slow_loss(validation, target, kRank, down)) /
          (2 * kStep);
      largest = std::max(largest, std::abs(slope));
      EXPECT_NEAR(start[i] - fit.probe.matrix()[i], slope, 2e-4 * (1 + std::abs(slope))) << i;
    }
    EXPECT_GT(largest, 0.1);
  }
}

TEST_F(StructuralProbes, PredictWhatTheirLossIsOf) {
  for (const StructuralTarget target : {StructuralTarget::distance, StructuralTarget::depth}) {
    StructuralOptions own = options(target, 6);
    own.order = {};
    own.epochs = 2;
    const StructuralFit fit = train_structural_probe(training.view(), {}, own);
    const auto& matrix = fit.probe.matrix();
    EXPECT_NEAR(structural_loss(fit.probe, validation.view()),
                slow_loss(validation, target, 6, {matrix.begin(), matrix.end()}), 1e-5);
  }
}

/// Distances between words do not change when all states are shifted by what massive activations
/// are: the probe that is learnt stays the same, though float32 has few digits beside them.
TEST_F(StructuralProbes, DistancesDoNotFeelWhatAllStatesShare) {
  StructuralOptions own = options(StructuralTarget::distance, 6);
  Tensor shifted = training.states.clone();
  for (std::int64_t i = 0; i < shifted.size(0); ++i)
    shifted.data()[i * shifted.size(1) + 3] += 4096;
  const TreebankStates far{matrix(shifted), training.begins, training.heads};
  const StructuralFit near = train_structural_probe(training.view(), {}, own);
  const StructuralFit fit = train_structural_probe(far, {}, own);
  expect_near_all(fit.training_losses, near.training_losses, 1e-3);
}

TEST_F(StructuralProbes, StopWhenValidationStalls) {
  StructuralOptions own = options(StructuralTarget::depth, 6);
  own.order = {};
  own.epochs = 200;
  own.patience = 2;
  own.adam.learning_rate = 0.05;
  const StructuralFit fit = train_structural_probe(training.view(), validation.view(), own);
  const int epochs = static_cast<int>(fit.validation_losses.size());
  EXPECT_LT(epochs, 200);
  EXPECT_EQ(fit.best_epoch, epochs - 1 - own.patience - 1);
  EXPECT_NEAR(structural_loss(fit.probe, validation.view()), fit.validation_losses[fit.best_epoch],
              1e-5);
  EXPECT_LT(fit.learning_rates.back(), 0.05);
}

TEST_F(StructuralProbes, AreTheSameFromTheSameSeed) {
  StructuralOptions own = options(StructuralTarget::distance, 0);
  own.order = {};
  own.seed = 5;
  const StructuralFit one = train_structural_probe(training.view(), validation.view(), own);
  const StructuralFit two = train_structural_probe(training.view(), validation.view(), own);
  EXPECT_EQ(one.probe.rank(), training.states.size(1));
  EXPECT_EQ(one.training_losses, two.training_losses);
  EXPECT_EQ(one.probe.matrix(), two.probe.matrix());
}

TEST_F(StructuralProbes, RefuseWhatMakesNoSense) {
  const auto refuses = [&](const TreebankStates& sentences, const StructuralOptions& own) {
    EXPECT_THROW(train_structural_probe(sentences, {}, own), UsageError);
  };
  refuses(training.view(), {.rank = 21});
  refuses(training.view(), {.rank = -1});
  refuses(training.view(), {.epochs = 0});
  refuses(training.view(), {.adam = {.learning_rate = 0}});
  const std::vector<std::int32_t> headless(training.heads.size(), 1);
  refuses({matrix(training.states), training.begins, headless}, {});
  std::vector<std::int64_t> empty_sentence = training.begins;
  empty_sentence.insert(empty_sentence.begin(), 0);
  refuses({matrix(training.states), empty_sentence, training.heads}, {});
  Tensor broken = training.states.clone();
  broken.data()[7] = NAN;
  refuses({matrix(broken), training.begins, training.heads}, {});
  const TreebankStates short_heads{matrix(training.states), training.begins,
                                   std::span(training.heads).first(3)};
  EXPECT_THROW(train_structural_probe(short_heads, {}, {}), ShapeError);
  const std::vector<std::int32_t> few(3);
  EXPECT_THROW(train_structural_probe(training.view(), {}, {.order = few}), ShapeError);
}

}  // namespace
}  // namespace headlens
