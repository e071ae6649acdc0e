#include "headlens/interventions/sweep_deviation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "headlens/interventions/ablation.h"
#include "headlens/interventions/patching.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::EndsWith;

constexpr const char* kModel = "gpt2";
const SweepOptions kExact{};
const SweepOptions kDeltas{.products = SweepProducts::bf16_deltas};

AskedPrompt asked_of(TokenSequence sequence) {
  AskedPrompt asked;
  asked.prompt_length = std::ssize(sequence.ids);
  asked.question = {{asked.prompt_length - 1}, {3}, {9}};
  asked.sequence = std::move(sequence);
  return asked;
}

const AblationOptions kAblation{.asked = {.metric = Metric::logit_difference},
                                .columns = GridColumns::heads_and_positions};

AblationEffects ablated(Session& session, const TokenSequence& tokens, const SweepOptions& sweep) {
  AskedPrompt asked = asked_of(tokens);
  AblationOptions options = kAblation;
  options.sweep = sweep;
  return std::move(ablation_effects(session, {&asked, 1}, options).front());
}

/// Of an ablation; places are named by their indices.
std::optional<SweepDeviation> deviation_of(Session& session, const TokenSequence& tokens,
                                           const AblationEffects& effects,
                                           const SweepOptions& sweep, std::size_t n_prompts = 1) {
  AskedPrompt asked = asked_of(tokens);
  return deviation_from_f32(
      session, sweep,
      {.metric = "logit-difference",
       .prompts = std::vector(n_prompts, SweptPrompt{effects.grid.values, effects.base}),
       .name = [](std::size_t place) { return std::to_string(place); },
       .again =
           [&](Session& f32, const SweepOptions& exact, std::size_t,
               const std::vector<std::size_t>& places) {
             return ablated_again(f32, asked, kAblation, exact, places);
           }});
}

/// The deviation must be that of the named places from a whole sweep in f32.
void expect_measured(const SweepDeviation& deviation, const AblationEffects& effects,
                     const std::vector<double>& in_f32) {
  double largest = 0, mean = 0, effect = 0;
  const auto n = static_cast<double>(deviation.places.size());
  for (const std::string& name : deviation.places) {
    const std::size_t place = std::stoul(name);
    const double difference = std::abs(effects.grid.values.at(place) - in_f32.at(place));
    largest = std::max(largest, difference);
    mean += difference / n;
    effect += std::abs(effects.grid.values.at(place) - effects.base) / n;
  }
  EXPECT_GT(largest, 0);
  EXPECT_NEAR(deviation.max_abs, largest, 2e-6);
  EXPECT_NEAR(deviation.mean_abs, mean, 2e-6);
  EXPECT_NEAR(deviation.mean_abs_effect, effect, 1e-12);
  EXPECT_EQ(deviation.of_places, std::ssize(effects.grid.values));
}

TEST(SweepDeviation, OfDeltasIsThatOfTheWholeSweepAtTheNamedPlaces) {
  ParityModel model(kModel);
  const TokenSequence tokens = model.sequence(0);
  const AblationEffects effects = ablated(model.session(), tokens, kDeltas);
  const auto deviation = deviation_of(model.session(), tokens, effects, kDeltas);
  ASSERT_TRUE(deviation);
  EXPECT_EQ(deviation->places.size(), 8);
  expect_measured(*deviation, effects, ablated(model.session(), tokens, kExact).grid.values);
}

TEST(SweepDeviation, OfBf16ComparesWithAnF32RunOfEverything) {
  ParityModel rounded(kModel, Precision::bf16), model(kModel);
  const TokenSequence tokens = model.sequence(1);
  const AblationEffects effects = ablated(rounded.session(), tokens, kExact);
  const auto deviation = deviation_of(rounded.session(), tokens, effects, kExact);
  ASSERT_TRUE(deviation);
  expect_measured(*deviation, effects, ablated(model.session(), tokens, kExact).grid.values);
}

TEST(SweepDeviation, ThereIsNoneOfF32) {
  ParityModel model(kModel);
  const TokenSequence tokens = model.sequence(1);
  const AblationEffects effects = ablated(model.session(), tokens, kExact);
  EXPECT_FALSE(deviation_of(model.session(), tokens, effects, kExact));
}

TEST(SweepDeviation, ComparesOnAFewOfManyPrompts) {
  ParityModel model(kModel);
  const TokenSequence tokens = model.sequence(1);
  const AblationEffects effects = ablated(model.session(), tokens, kDeltas);
  const auto one = deviation_of(model.session(), tokens, effects, kDeltas);
  const auto many = deviation_of(model.session(), tokens, effects, kDeltas, 100);
  EXPECT_EQ(many->prompts, 4);
  EXPECT_EQ(many->of_prompts, 100);
  EXPECT_DOUBLE_EQ(many->max_abs, one->max_abs) << "the prompts are the same";
  EXPECT_NEAR(many->mean_abs, one->mean_abs, 1e-15);
}

TEST(SweepDeviation, ComparesWherePatchesChangeSomethingInSeveralLayers) {
  ParityModel model(kModel);
  AskedPair pair{asked_of(model.sequence(0)), model.sequence(0)};
  pair.corrupt.ids.back() += 1;
  PatchOptions options{.asked = {.metric = Metric::logit_difference}, .sweep = kDeltas};
  const PatchEffects effects =
      std::move(patch_effects(model.session(), {&pair, 1}, options).front());
  const auto deviation = deviation_of_patches(model.session(), pair, effects, options);
  ASSERT_TRUE(deviation);
  const std::string last = " position " + std::to_string(pair.corrupt.ids.size() - 1);
  std::set<char> layers;
  for (const std::string& place : deviation->places) {
    EXPECT_THAT(place, EndsWith(last));
    layers.insert(place.at(1));
  }
  EXPECT_GT(layers.size(), 1);
  EXPECT_EQ(deviation->of_places, std::ssize(effects.grid.values));
}

}  // namespace
}  // namespace headlens
