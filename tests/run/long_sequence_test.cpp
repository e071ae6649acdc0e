#include <gtest/gtest.h>

#include <cmath>

#include "tests/parity/parity_models.h"
#include "tests/run/tiny_llama.h"

namespace headlens {
namespace {

constexpr std::int64_t kLong = 389;

/// No window (0), or so many keys.
class LongSequences : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (GetParam() > 0) shape_.window = GetParam();
    write_tiny_llama(folder_, shape_);
    session_.emplace(open_tiny_llama(folder_));
  }

  /// Softmax attention of one query in double precision, from cached q, k and v.
  /// @return  weights over all keys, then z
  std::pair<std::vector<double>, std::vector<double>> attend(const ActivationCache& cache,
                                                             int layer, std::int64_t head,
                                                             std::int64_t query) const {
    const auto q = cache.at({SiteKind::rot_q, layer}).view<4>();
    const auto k = cache.at({SiteKind::rot_k, layer}).view<4>();
    const auto v = cache.at({SiteKind::v, layer}).view<4>();
    const std::int64_t group = head * shape_.n_kv_heads / shape_.n_heads;
    const std::int64_t first =
        shape_.window ? std::max<std::int64_t>(0, query - *shape_.window + 1) : 0;
    std::vector<double> weights(static_cast<std::size_t>(k.size(1)), 0.0);
    double sum = 0;
    for (std::int64_t key = first; key <= query; ++key) {
      double score = 0;
      for (std::int64_t i = 0; i < shape_.d_head; ++i) {
        score += double{q(0, query, head, i)} * k(0, key, group, i);
      }
      sum += weights[key] = std::exp(score / std::sqrt(static_cast<double>(shape_.d_head)));
    }
    std::vector<double> z(static_cast<std::size_t>(shape_.d_head), 0.0);
    for (std::int64_t key = first; key <= query; ++key) {
      weights[key] /= sum;
      for (std::int64_t i = 0; i < shape_.d_head; ++i) z[i] += weights[key] * v(0, key, group, i);
    }
    return {weights, z};
  }

  TinyLlamaShape shape_;
  TemporaryDirectory folder_;
  std::optional<Session> session_;
};

TEST_P(LongSequences, AttentionEqualsDoublePrecision) {
  std::vector<Site> sites;
  for (const SiteKind kind :
       {SiteKind::rot_q, SiteKind::rot_k, SiteKind::v, SiteKind::pattern, SiteKind::z}) {
    for (int layer = 0; layer < 2; ++layer) sites.push_back({kind, layer});
  }
  const RunOutput run = session_->run_with_cache({tiny_llama_tokens(kLong, 3)}, sites);
  for (int layer = 0; layer < 2; ++layer) {
    const auto pattern = run.cache.at({SiteKind::pattern, layer}).view<4>();
    const auto z = run.cache.at({SiteKind::z, layer}).view<4>();
    for (std::int64_t head = 0; head < shape_.n_heads; ++head) {
      for (std::int64_t query = 0; query < kLong; ++query) {
        const auto [weights, expected_z] = attend(run.cache, layer, head, query);
        for (std::int64_t key = 0; key < kLong; ++key) {
          ASSERT_NEAR(pattern(0, head, query, key), weights[key], 2e-6)
              << "layer " << layer << " head " << head << " query " << query << " key " << key;
        }
        for (std::int64_t i = 0; i < shape_.d_head; ++i) {
          ASSERT_NEAR(z(0, query, head, i), expected_z[i], 1e-5);
        }
      }
    }
  }
}

/// Long and short runs divide their work differently; a causal model's early rows must not tell.
TEST_P(LongSequences, BeginLikeShortOnes) {
  const TokenSequence whole = tiny_llama_tokens(kLong, 4);
  const RunOutput full = session_->run({whole});
  for (const std::int64_t length : {1, 20, 48, 49, 128, 129, 200}) {
    TokenSequence start = whole;
    start.ids.resize(length);
    const RunOutput part = session_->run({start});
    const auto count = static_cast<std::size_t>(length * shape_.vocabulary);
    EXPECT_LT(largest_difference(full.logits.values().first(count), part.logits.values()), 2e-5)
        << length;
  }
}

TEST_P(LongSequences, EditsThatChangeNothingChangeNothing) {
  const std::vector<TokenSequence> batch{tiny_llama_tokens(kLong, 5), tiny_llama_tokens(150, 6)};
  const RunOutput plain = session_->run(batch);
  for (const Site site : session_->sites()) {
    HookSet hooks;
    hooks.edit(site, [](Tensor&) {});
    const RunOutput run = session_->run_with_hooks(batch, hooks);
    EXPECT_LT(largest_difference(run.logits.values(), plain.logits.values()), 2e-5)
        << to_string(site);
  }
}

TEST_P(LongSequences, ShortRunsAfterLongOnesSeeNothingOfThem) {
  const TokenSequence brief = tiny_llama_tokens(7, 8);
  const RunOutput before = session_->run({brief});
  session_->run({tiny_llama_tokens(kLong, 9), tiny_llama_tokens(300, 10)});
  const RunOutput after = session_->run({brief});
  EXPECT_EQ(largest_difference(before.logits.values(), after.logits.values()), 0.0);
}

INSTANTIATE_TEST_SUITE_P(Windows, LongSequences, testing::Values(0, 1, 37, 64, 200));

}  // namespace
}  // namespace headlens
