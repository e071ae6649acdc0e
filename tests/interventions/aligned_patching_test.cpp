#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/interventions/patching.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

constexpr std::int32_t kAnswer = 3, kFoil = 9;

/// Runs of other lengths: the corrupt one has one token for three of the clean one's, and another
/// one for one that comes later.
AskedPair uneven_pair(const ParityModel& model) {
  AskedPair pair;
  pair.clean.sequence = model.sequence(0);
  const std::int64_t n = std::ssize(pair.clean.sequence.ids);
  pair.clean.prompt_length = n;
  pair.clean.question = {{n - 1}, {kAnswer}, {kFoil}};
  pair.corrupt = pair.clean.sequence;
  std::vector<std::int32_t>& ids = pair.corrupt.ids;
  ids[2] = (ids[2] + 1) % 20;
  ids.erase(ids.begin() + 3, ids.begin() + 5);
  ids[5] = (ids[5] + 7) % 20;
  pair.corrupt.type_ids.resize(pair.clean.sequence.type_ids.empty() ? 0 : ids.size());
  pair.alignment = align_runs(pair, std::ssize(ids) - 1);
  return pair;
}

class AlignedPatches : public testing::TestWithParam<std::string> {
 protected:
  AlignedPatches() : model_(GetParam()) {}

  Session& session() { return model_.session(); }

  double difference(const TokenSequence& tokens, const HookSet& hooks) {
    const RunOutput run = session().run_with_hooks({tokens}, hooks);
    const float* logits =
        run.logits.data() + (std::ssize(tokens.ids) - 1) * session().spec().vocab_size;
    return static_cast<double>(logits[kAnswer]) - logits[kFoil];
  }

  /// A whole run into which vectors of another are copied one by one.
  double copied(const AskedPair& pair, PatchDirection direction, const GridPlace& place,
                SiteKind kind, const std::vector<std::int64_t>& partners) {
    const bool denoise = direction == PatchDirection::denoise;
    const TokenSequence& edited = denoise ? pair.corrupt : pair.clean.sequence;
    const TokenSequence& source = denoise ? pair.clean.sequence : pair.corrupt;
    const Site site{kind, place.layer};
    const RunOutput other = session().run_with_cache({source}, {site});
    const Tensor& values = other.cache.at(site);
    HookSet hooks;
    hooks.edit(site, [&](Tensor& value) {
      const std::int64_t width = value.element_count() / value.size(1);
      const std::int64_t heads = place.head < 0 ? 1 : site_heads(kind, session().spec().block());
      const std::int64_t part = width / heads, head = std::max(place.head, 0);
      for (std::int64_t p = 0; p < value.size(1); ++p) {
        if (partners[p] < 0 || (place.position >= 0 && place.position != p)) continue;
        std::copy_n(values.data() + partners[p] * width + head * part, part,
                    value.data() + p * width + head * part);
      }
    });
    return difference(edited, hooks);
  }

  ParityModel model_;
};

TEST_P(AlignedPatches, EqualRunsIntoWhichTheVectorsAreCopied) {
  AskedPair pair = uneven_pair(model_);
  const std::vector<std::int64_t> clean_of = pair.alignment->clean_of;
  ASSERT_NE(pair.corrupt.ids.size(), pair.clean.sequence.ids.size());
  std::vector<std::int64_t> corrupt_of(pair.clean.sequence.ids.size(), -1);
  for (std::size_t p = 0; p < clean_of.size(); ++p) {
    if (clean_of[p] >= 0) corrupt_of[clean_of[p]] = static_cast<std::int64_t>(p);
  }
  const std::pair<SiteKind, GridColumns> grids[] = {{SiteKind::resid_pre, GridColumns::positions},
                                                    {SiteKind::mlp_out, GridColumns::positions},
                                                    {SiteKind::z, GridColumns::heads},
                                                    {SiteKind::k, GridColumns::heads_and_positions},
                                                    {SiteKind::attn_out, GridColumns::whole}};
  for (const PatchDirection direction : {PatchDirection::denoise, PatchDirection::noise}) {
    const auto& partners = direction == PatchDirection::denoise ? clean_of : corrupt_of;
    for (const auto& [kind, columns] : grids) {
      const PatchOptions options{.asked = {.metric = Metric::logit_difference},
                                 .site = kind,
                                 .columns = columns,
                                 .direction = direction};
      const PatchEffects effects = std::move(patch_effects(session(), {&pair, 1}, options).front());
      EXPECT_NEAR(effects.clean, difference(pair.clean.sequence, {}), 3e-5);
      EXPECT_NEAR(effects.corrupt, difference(pair.corrupt, {}), 3e-5);
      const std::vector<GridPlace> places = grid_places(effects.grid.axes);
      int moved = 0, missing = 0;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const double value = effects.grid.values[i];
        if (places[i].position >= 0 && partners[places[i].position] < 0) {
          EXPECT_TRUE(std::isnan(value)) << place_name(places[i]);
          ++missing;
          continue;
        }
        EXPECT_NEAR(value, copied(pair, direction, places[i], kind, partners), 5e-5)
            << site_kind_name(kind) << " " << place_name(places[i]);
        moved += std::abs(value - effects.edited(direction)) > 1e-3 ? 1 : 0;
      }
      EXPECT_GT(moved, 0) << site_kind_name(kind);
      const bool by_position = places.front().position >= 0;
      const bool all_have = std::ranges::find(partners, -1) == partners.end();
      EXPECT_EQ(missing > 0, by_position && !all_have);
    }
  }
}

TEST_P(AlignedPatches, ChangeNothingAtEqualLengths) {
  AskedPair pair = uneven_pair(model_);
  pair.alignment.reset();
  pair.corrupt = pair.clean.sequence;
  pair.corrupt.ids[4] = (pair.corrupt.ids[4] + 1) % 20;
  AskedPair aligned = uneven_pair(model_);
  aligned.corrupt = pair.corrupt;
  aligned.alignment = align_runs(aligned, pair.clean.prompt_length - 1);
  const PatchOptions options{.asked = {.metric = Metric::kl}};
  const auto values = [&](AskedPair& one) {
    return patch_effects(session(), {&one, 1}, options).front().grid.values;
  };
  EXPECT_EQ(values(aligned), values(pair));
}

TEST_P(AlignedPatches, HaveNoPatterns) {
  AskedPair pair = uneven_pair(model_);
  const PatchOptions options{.asked = {.metric = Metric::logit_difference},
                             .site = SiteKind::pattern,
                             .columns = GridColumns::heads};
  EXPECT_THROW(patch_effects(session(), {&pair, 1}, options), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Models, AlignedPatches,
                         testing::Values("gpt2", "llama", "gpt_neox_parallel", "qwen3"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
