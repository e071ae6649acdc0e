#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <thread>

#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

struct Batch {
  std::string name;
  std::vector<TokenSequence> sequences;
  PaddingSide padding = PaddingSide::right;
};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.element_count()) * 4) == 0;
}

class LeanCache : public testing::TestWithParam<std::string> {
 protected:
  Session& session() { return model_.session(); }
  RunOutput run_all(const Batch& batch) {
    return session().run_with_cache(batch.sequences, session().sites(), {.padding = batch.padding});
  }

  /// A sequence of several query tiles and key panels, as far as the model's context allows.
  TokenSequence long_sequence() {
    TokenSequence sequence = model_.sequence(0);
    const TokenSequence start = sequence;
    const std::int64_t longest = std::min<std::int64_t>(session().spec().n_context, 203);
    while (static_cast<std::int64_t>(sequence.ids.size()) < longest) {
      const std::size_t i = sequence.ids.size() * 7 % start.ids.size();
      sequence.ids.push_back(start.ids[i]);
      if (!start.type_ids.empty()) sequence.type_ids.push_back(start.type_ids[i]);
    }
    return sequence;
  }

  std::vector<Batch> batches() {
    const std::vector<TokenSequence> padded{model_.sequence(1), model_.sequence(0)};
    return {{"one", {model_.sequence(0)}},
            {"padded right", padded, PaddingSide::right},
            {"padded left", padded, PaddingSide::left},
            {"long", {long_sequence()}}};
  }

  /// The branches' outputs: a product with a bias rounds differently where its own output is heard.
  std::vector<Site> with_branches(Site site) {
    std::vector<Site> sites{site};
    for (int layer = 0; layer < session().spec().n_layers(); ++layer) {
      sites.push_back({SiteKind::attn_out, layer});
      sites.push_back({SiteKind::mlp_out, layer});
    }
    return sites;
  }

  ParityModel model_{GetParam()};
};

TEST_P(LeanCache, DerivedSitesHoldTheBitsThatStoredOnesHold) {
  for (const Batch& batch : batches()) {
    const RunOutput all = run_all(batch);
    int derived = 0;
    for (const Site site : session().sites()) {
      derived += all.cache.is_derived(site) ? 1 : 0;
      const RunOutput alone = session().run_with_cache(batch.sequences, with_branches(site),
                                                       {.padding = batch.padding});
      ASSERT_FALSE(alone.cache.is_derived(site));
      EXPECT_TRUE(same_bits(all.cache.at(site), alone.cache.at(site)))
          << batch.name << ", " << to_string(site);
    }
    EXPECT_GE(derived, 7 * session().spec().n_layers());
  }
}

/// The same listeners in both runs, so that nothing but where the numbers come from differs.
TEST_P(LeanCache, DerivedSitesHoldTheBitsThatCallersMemoryHolds) {
  for (const Batch& batch : batches()) {
    const RunOutput all = run_all(batch);
    HookSet hooks;
    std::map<Site, Tensor> memory;
    for (const Site site : session().sites()) {
      memory[site] = Tensor::zeros(all.cache.at(site).shape());
      hooks.cache_into(site, memory[site].data());
    }
    session().run_with_hooks(batch.sequences, hooks, {.padding = batch.padding});
    for (const Site site : session().sites()) {
      EXPECT_TRUE(same_bits(all.cache.at(site), memory[site]))
          << batch.name << ", " << to_string(site);
    }
  }
}

TEST_P(LeanCache, RowsWithoutPaddingHoldTheSameBits) {
  for (const Batch& batch : batches()) {
    const Site site{SiteKind::q, 1};
    const RunOutput run =
        session().run_with_cache(batch.sequences, {site}, {.padding = batch.padding});
    const Tensor& padded = run.cache.at(site);
    const std::int64_t length = padded.size(1), width = padded.size(2) * padded.size(3);
    std::vector<float> rows(static_cast<std::size_t>(padded.element_count()), -7.0f);
    HookSet hooks;
    hooks.cache_rows_into(site, rows.data());
    session().run_with_hooks(batch.sequences, hooks, {.padding = batch.padding});
    const float* row = rows.data();
    for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
      const std::int64_t own = std::ssize(batch.sequences[s].ids);
      const std::int64_t pad = batch.padding == PaddingSide::left ? length - own : 0;
      const float* expected = padded.data() + (static_cast<std::int64_t>(s) * length + pad) * width;
      EXPECT_TRUE(std::equal(row, row + own * width, expected)) << batch.name << ", " << s;
      row += own * width;
    }
    const float* end = rows.data() + rows.size();
    EXPECT_TRUE(std::all_of(row, end, [](float value) { return value == -7.0f; })) << batch.name;
  }
}

TEST_P(LeanCache, RowsGoToTheirPlacesOrNowhere) {
  for (const Batch& batch : batches()) {
    std::int64_t n = 0;
    for (const TokenSequence& sequence : batch.sequences) n += std::ssize(sequence.ids);
    const Site site{SiteKind::resid_post, 0};
    const std::int64_t width = session().spec().d_model;
    const auto run_into = [&](std::vector<float>& memory, std::span<const std::int64_t> places) {
      HookSet hooks;
      hooks.cache_rows_into(site, memory.data(), places);
      session().run_with_hooks(batch.sequences, hooks, {.padding = batch.padding});
    };
    std::vector<float> in_order(n * width), placed(n * width, -7.0f);
    run_into(in_order, {});
    std::vector<std::int64_t> places(n, -1);
    for (std::int64_t row = 0; row < n; row += 2) places[row] = n - 1 - row;
    run_into(placed, places);
    for (std::int64_t row = 0; row < n; ++row) {
      const float* from = in_order.data() + row * width;
      const float* to = placed.data() + (n - 1 - row) * width;
      const bool kept = row % 2 == 0;
      EXPECT_TRUE(kept ? std::equal(to, to + width, from)
                       : std::all_of(to, to + width, [](float value) { return value == -7.0f; }))
          << batch.name << ", row " << row;
    }
  }
}

TEST_P(LeanCache, PatternsHaveNoRows) {
  float nothing = 0;
  HookSet hooks;
  hooks.cache_rows_into({SiteKind::pattern, 0}, &nothing);
  EXPECT_THROW(session().run_with_hooks({model_.sequence(0)}, hooks), UsageError);
}

TEST_P(LeanCache, EditsLeaveNothingDerived) {
  const Batch batch{"one", {model_.sequence(0)}};
  const RunOutput lean = run_all(batch);
  HookSet hooks;
  hooks.cache(session().sites());
  hooks.edit({SiteKind::v, 0}, [](Tensor&) {});
  const RunOutput edited = session().run_with_hooks(batch.sequences, hooks);
  for (const Site site : session().sites()) {
    EXPECT_FALSE(edited.cache.is_derived(site)) << to_string(site);
    Tensor ours = lean.cache.at(site).clone(), theirs = edited.cache.at(site).clone();
    for (Tensor* tensor : {&ours, &theirs}) {
      for (float& value : tensor->values()) value = std::max(value, -1e30f);  // masked scores
    }
    EXPECT_LT(largest_difference(ours.values(), theirs.values()), 1e-5) << to_string(site);
  }
  EXPECT_GT(edited.cache.byte_size(), lean.cache.byte_size());
}

TEST_P(LeanCache, ABlocksOutputIsTheNextOnesInput) {
  const RunOutput run = run_all({"one", {model_.sequence(0)}});
  const bool post = session().spec().block().norm_place == NormPlace::post;
  const SiteKind output = post ? SiteKind::normalized_resid_post : SiteKind::resid_post;
  EXPECT_EQ(&run.cache.at({output, 0}), &run.cache.at({SiteKind::resid_pre, 1}));
  EXPECT_FALSE(run.cache.is_derived({output, 0}));
}

TEST_P(LeanCache, SitesWithoutTheirSourcesAreStored) {
  const std::vector<Site> sites{{SiteKind::q, 0}, {SiteKind::pattern, 0}, {SiteKind::mlp_post, 0}};
  const RunOutput run = session().run_with_cache({model_.sequence(0)}, sites);
  for (const Site site : sites) EXPECT_FALSE(run.cache.is_derived(site)) << to_string(site);

  std::vector<float> memory(static_cast<std::size_t>(run.cache.at(sites[0]).element_count()));
  HookSet hooks;
  hooks.cache(session().sites());
  hooks.cache_into(sites[0], memory.data());
  const RunOutput taken = session().run_with_hooks({model_.sequence(0)}, hooks);
  EXPECT_FALSE(taken.cache.is_derived({SiteKind::pattern, 0}));
  EXPECT_TRUE(taken.cache.is_derived({SiteKind::pattern, 1}));
  EXPECT_TRUE(same_bits(taken.cache.at({SiteKind::pattern, 0}), run.cache.at(sites[1])));
}

TEST_P(LeanCache, CountsAndForgetsWhatItDerives) {
  RunOutput run = run_all({"long", {long_sequence()}});
  std::map<const Tensor*, std::int64_t> stored, derived;
  EXPECT_EQ(run.cache.derived_byte_size(), 0);
  for (const Site site : session().sites()) {
    const Tensor& tensor = run.cache.at(site);
    (run.cache.is_derived(site) ? derived : stored)[&tensor] = 4 * tensor.element_count();
  }
  const auto total = [](const auto& bytes) {
    std::int64_t sum = 0;
    for (const auto& [tensor, count] : bytes) sum += count;
    return sum;
  };
  EXPECT_EQ(run.cache.byte_size(), total(stored));
  EXPECT_EQ(run.cache.derived_byte_size(), total(derived));

  const Site pattern{SiteKind::pattern, 0};
  const Tensor before = run.cache.at(pattern).clone();
  run.cache.forget_derived();
  EXPECT_EQ(run.cache.derived_byte_size(), 0);
  EXPECT_EQ(run.cache.byte_size(), total(stored));
  EXPECT_TRUE(same_bits(run.cache.at(pattern), before));
}

TEST_P(LeanCache, OutlivesItsSessionAndItsSources) {
  const Batch batch{"long", {long_sequence()}};
  const RunOutput reference = run_all(batch);
  ActivationCache cache;
  {
    ParityModel other(GetParam());
    cache = other.session().run_with_cache(batch.sequences, other.session().sites()).cache;
  }
  const std::vector<Site> sites = cache.sites();
  for (const Site site : sites) {
    if (!cache.is_derived(site)) cache.erase(site);
  }
  for (const Site site : cache.sites()) {
    EXPECT_TRUE(same_bits(cache.at(site), reference.cache.at(site))) << to_string(site);
  }
  const Tensor taken = cache.take({SiteKind::pattern, 0});
  EXPECT_TRUE(same_bits(taken, reference.cache.at({SiteKind::pattern, 0})));
}

TEST_P(LeanCache, ThreadsMayReadAtOnce) {
  const Batch batch{"long", {long_sequence()}};
  const RunOutput reference = run_all(batch), run = run_all(batch);
  for (const Site site : reference.cache.sites()) reference.cache.at(site);
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (const Site site : run.cache.sites()) {
        if (!same_bits(run.cache.at(site), reference.cache.at(site))) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(AllModels, LeanCache, testing::ValuesIn(ParityModel::names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
