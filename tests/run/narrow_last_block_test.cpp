#include <gtest/gtest.h>

#include <cstring>

#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// Rows that nobody reads leave the last block after its attention; what is read keeps every bit.
class NarrowLastBlock : public testing::TestWithParam<std::string> {
 protected:
  Session& session() { return model_.session(); }
  int last_layer() { return session().spec().n_layers() - 1; }

  /// Few rows that a team shares, many of one sequence, and groups of whole sequences.
  std::vector<std::vector<TokenSequence>> batches() {
    TokenSequence longest = model_.sequence(0);
    while (std::ssize(longest.ids) < std::min<std::int64_t>(session().spec().n_context, 120)) {
      longest.ids.push_back(longest.ids[longest.ids.size() / 2]);
      if (!longest.type_ids.empty()) longest.type_ids.push_back(0);
    }
    const std::vector<TokenSequence> three{model_.sequence(0), model_.sequence(1),
                                           model_.sequence(0)};
    std::vector<TokenSequence> many;
    for (int i = 0; i < 40; ++i) many.push_back(three[i % 2]);
    return {{three[0]}, three, {longest}, many};
  }

  static std::int64_t token_count(const std::vector<TokenSequence>& batch) {
    std::int64_t count = 0;
    for (const TokenSequence& sequence : batch) count += std::ssize(sequence.ids);
    return count;
  }

  /// The rows [token, ...] of a site, of all tokens or, elsewhere 7, of those that have a place.
  std::vector<float> rows_of(Site site, const std::vector<TokenSequence>& batch,
                             const std::vector<std::int64_t>& places, std::int64_t width) {
    std::vector<float> rows(token_count(batch) * width, 7);
    HookSet hooks;
    hooks.cache_rows_into(site, rows.data(), places);
    session().run_with_hooks(batch, hooks, {.logits = Logits::none});
    return rows;
  }

  ParityModel model_{GetParam()};
};

TEST_P(NarrowLastBlock, RowsWithPlacesAreThoseOfAWholeRun) {
  const std::int64_t width = session().spec().d_model;
  for (const SiteKind kind : {SiteKind::attn_out, SiteKind::mlp_out, SiteKind::resid_post}) {
    for (const auto& batch : batches()) {
      const std::int64_t tokens = token_count(batch);
      for (const int period : {2, 3, 1000}) {
        std::vector<std::int64_t> places(tokens, -1);
        for (std::int64_t t = 1; t < tokens; t += period) places[t] = t;
        const Site site{kind, last_layer()};
        const std::vector<float> whole = rows_of(site, batch, {}, width);
        std::vector<float> expected(whole.size(), 7);
        for (std::int64_t t = 1; t < tokens; t += period) {
          std::copy_n(whole.data() + t * width, width, expected.data() + t * width);
        }
        ASSERT_TRUE(same_bits(rows_of(site, batch, places, width), expected))
            << to_string(site) << ", every " << period << " of " << tokens;
      }
    }
  }
}

TEST_P(NarrowLastBlock, SitesBeforeItsEndStayWhole) {
  const Site pattern{SiteKind::pattern, last_layer()}, before{SiteKind::resid_pre, last_layer()};
  for (const auto& batch : batches()) {
    const RunOutput whole = session().run_with_cache(batch, session().sites());
    for (const Logits logits : {Logits::none, Logits::last}) {
      const RunOutput narrow =
          session().run_with_cache(batch, {pattern, before}, {.logits = logits});
      for (const Site site : {pattern, before}) {
        ASSERT_TRUE(same_bits(narrow.cache.at(site).values(), whole.cache.at(site).values()))
            << to_string(site);
      }
    }
  }
}

TEST_P(NarrowLastBlock, LastLogitsWithWholeSitesBesideThem) {
  const Site after{SiteKind::resid_post, last_layer()};
  for (const auto& batch : batches()) {
    const RunOutput narrow = session().run(batch, {.logits = Logits::last});
    const RunOutput whole = session().run_with_cache(batch, {after}, {.logits = Logits::last});
    ASSERT_TRUE(same_bits(narrow.logits.values(), whole.logits.values()));
    ASSERT_TRUE(same_bits(narrow.class_logits.values(), whole.class_logits.values()));
  }
}

INSTANTIATE_TEST_SUITE_P(Models, NarrowLastBlock,
                         testing::Values("gpt2", "llama", "mistral", "gpt_neox_parallel", "bert",
                                         "bert_masked_lm", "bert_classification",
                                         "bert_token_classification"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
