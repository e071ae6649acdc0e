/// Whether the verdicts of a study are right where the truth is known: states with a linear
/// feature, with one that no linear probe can read, and with none.

#include <gtest/gtest.h>

#include <random>

#include "headlens/probing/probe_study.h"

namespace headlens {
namespace {

constexpr int kSeeds = 200, kRows = 160, kWidth = 6;

struct Planted {
  ProbeTask task;
  Tensor none, linear, nonlinear;
};

/// Every row is a word type of its own sentence of four; labels are signs.
Planted plant(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  Planted planted{{.classes = {"no", "yes"}},
                  Tensor({kRows, kWidth}),
                  Tensor({kRows, kWidth}),
                  Tensor({kRows, kWidth})};
  for (std::int32_t i = 0; i < kRows; ++i) {
    planted.task.types.push_back(static_cast<std::int32_t>(random() % 60));
    planted.task.groups.push_back(i / 4);
    const std::int32_t label = static_cast<std::int32_t>(random() % 2);
    planted.task.target.labels.push_back(label);
    const float sign = label == 1 ? 1.0F : -1.0F;
    for (std::int32_t j = 0; j < kWidth; ++j) {
      const std::int32_t at = i * kWidth + j;
      for (Tensor* states : {&planted.none, &planted.linear, &planted.nonlinear}) {
        states->data()[at] = normal(random);
      }
    }
    planted.linear.data()[i * kWidth] += 2 * sign;
    // The product of two coordinates: no line separates it.
    float* x = planted.nonlinear.data() + i * kWidth;
    if (x[0] * x[1] * sign < 0) x[1] = -x[1];
  }
  return planted;
}

ProbeResult study(const Planted& planted, const Tensor& states, std::uint64_t seed,
                  const ProbeLearnerOptions& learner = {}) {
  return study_probe(
      planted.task, rounds_of(group_folds(planted.task.groups, 4)),
      {.layers = {{"states", 1}}, .states = [&](std::size_t) { return states.clone(); }},
      {.learner = learner, .seed = seed, .resamples = 50, .flips = 2000});
}

bool claims(const ProbeResult& result) {
  const std::string last = probe_conclusion(result).back();
  return last.find("decod") != std::string::npos;
}

TEST(ProbeTruth, LinearFeaturesAreFoundAndOthersAreNotClaimed) {
  int linear = 0, nonlinear = 0, none = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Planted planted = plant(seed);
    linear += claims(study(planted, planted.linear, seed)) ? 1 : 0;
    nonlinear += claims(study(planted, planted.nonlinear, seed)) ? 1 : 0;
    none += claims(study(planted, planted.none, seed)) ? 1 : 0;
  }
  EXPECT_EQ(linear, kSeeds);
  // At most 5% false claims in truth: of 200 seeds more than 17 has a chance below 1%.
  EXPECT_LE(nonlinear, 17);
  EXPECT_LE(none, 17);
}

TEST(ProbeTruth, AnMlpReadsWhatALinearProbeCannot) {
  ProbeLearnerOptions mlp{.kind = ProbeKind::mlp};
  mlp.adam = {
      .hidden = 32, .dropout = 0, .adam = {.learning_rate = 0.02}, .batch_size = 32, .epochs = 60};
  int found = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Planted planted = plant(seed);
    found += claims(study(planted, planted.nonlinear, seed, mlp)) ? 1 : 0;
  }
  EXPECT_GE(found, 9);
}

}  // namespace
}  // namespace headlens
