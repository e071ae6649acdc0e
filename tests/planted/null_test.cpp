#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "headlens/interventions/ablation.h"
#include "headlens/statistics/multiple_testing.h"
#include "headlens/statistics/sign_flip.h"
#include "tests/run/tiny_llama.h"

namespace headlens {
namespace {

constexpr unsigned kSeeds = 200;
constexpr std::int64_t kPrompts = 12, kLength = 6;
constexpr double kLevel = 0.05;

/// Random prompts of which chance says which token is the answer and which the foil: on average no
/// head can change their logit difference.
std::vector<AskedPrompt> shuffled_prompts(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<AskedPrompt> asked;
  for (std::int64_t i = 0; i < kPrompts; ++i) {
    AskedPrompt& prompt = asked.emplace_back();
    for (std::int64_t p = 0; p < kLength; ++p) {
      prompt.sequence.ids.push_back(static_cast<std::int32_t>(random() % 50));
    }
    prompt.prompt_length = kLength;
    const bool exchanged = random() % 2 == 1;
    prompt.question = {{kLength - 1}, {exchanged ? 9 : 4}, {exchanged ? 4 : 9}};
  }
  return asked;
}

/// Corrected p-values of every head's mean effect in a random model.
struct GridOfNothing {
  std::vector<double> plain, holm, benjamini_hochberg;
};

GridOfNothing grid_of_nothing(unsigned seed) {
  const TemporaryDirectory folder;
  write_tiny_llama(
      folder,
      {.d_model = 24, .n_heads = 4, .n_kv_heads = 2, .d_head = 6, .d_mlp = 32, .seed = seed});
  Session session = open_tiny_llama(folder);
  std::vector<AskedPrompt> asked = shuffled_prompts(seed);
  const auto effects =
      ablation_effects(session, asked, {.asked = {.metric = Metric::logit_difference}});
  std::vector<double> changes;
  for (const AblationEffects& one : effects) {
    for (const double value : one.grid.values) changes.push_back(value - one.base);
  }
  const std::int64_t n_places = std::ssize(changes) / kPrompts;
  const auto p = sign_flip_p_values({changes, kPrompts, n_places}, {});
  return {p, holm(p), benjamini_hochberg(p)};
}

bool has_finding(const std::vector<double>& p) {
  return std::ranges::any_of(p, [](double one) { return one <= kLevel; });
}

/// Of grids in which there is nothing to find, at most one in twenty shows a finding: the family of
/// a grid's tests holds its level, while uncorrected tests would not.
TEST(Null, CorrectedGridsKeepTheirLevel) {
  int plain = 0, with_holm = 0, with_bh = 0;
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    const GridOfNothing grid = grid_of_nothing(seed);
    plain += has_finding(grid.plain) ? 1 : 0;
    with_holm += has_finding(grid.holm) ? 1 : 0;
    with_bh += has_finding(grid.benjamini_hochberg) ? 1 : 0;
  }
  std::printf(
      "grids with a finding at %.2f, of %u: %d uncorrected, %d by Holm, %d by "
      "Benjamini-Hochberg\n",
      kLevel, kSeeds, plain, with_holm, with_bh);
  EXPECT_LE(with_holm, kLevel * kSeeds);
  EXPECT_LE(with_bh, kLevel * kSeeds);
  EXPECT_GT(plain, 2 * kLevel * kSeeds) << "uncorrected tests should fail, or nothing is tested";
}

}  // namespace
}  // namespace headlens
