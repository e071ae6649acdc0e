#include <gtest/gtest.h>

#include <random>

#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

/// Products of other heights add up in another order.
constexpr double kRounding = 5e-5;

class LogitsChoice : public testing::TestWithParam<std::string> {
 protected:
  ParityModel model_{GetParam()};
  Session& session_ = model_.session();

  /// Sequences of 1..11 tokens; enough of them that groups run side by side.
  std::vector<TokenSequence> many(int count) const {
    std::mt19937 engine(7);
    std::vector<TokenSequence> batch;
    for (int i = 0; i < count; ++i) {
      TokenSequence sequence;
      for (unsigned n = 1 + engine() % 11; n > 0; --n) {
        sequence.ids.push_back(static_cast<std::int32_t>(5 + engine() % 59));
      }
      batch.push_back(sequence);
    }
    return batch;
  }

  std::span<const float> row(const Tensor& logits, std::int64_t sequence, std::int64_t pos) const {
    const std::int64_t vocabulary = session_.spec().vocab_size;
    return {logits.data() + (sequence * logits.size(1) + pos) * vocabulary,
            static_cast<std::size_t>(vocabulary)};
  }
};

TEST_P(LogitsChoice, LastIsTheLastRowOfAll) {
  for (const int count : {1, 3, 80}) {
    const auto batch = many(count);
    for (const PaddingSide side : {PaddingSide::right, PaddingSide::left}) {
      const Tensor all = session_.run(batch, {.padding = side}).logits;
      const Tensor last = session_.run(batch, {.logits = Logits::last, .padding = side}).logits;
      ASSERT_EQ(last.shape(), (Shape{count, session_.spec().vocab_size}));
      for (int s = 0; s < count; ++s) {
        const auto length = static_cast<std::int64_t>(batch[s].ids.size());
        const std::int64_t pos = side == PaddingSide::right ? length - 1 : all.size(1) - 1;
        const std::span<const float> got(last.data() + s * last.size(1),
                                         static_cast<std::size_t>(last.size(1)));
        ASSERT_LT(largest_difference(got, row(all, s, pos)), kRounding) << s << " of " << count;
      }
    }
  }
}

TEST_P(LogitsChoice, ManySequencesAreEachAsIfAlone) {
  const auto batch = many(150);
  const Site pattern{SiteKind::pattern, 1}, z{SiteKind::z, 0};
  const RunOutput together = session_.run_with_cache(batch, {pattern, z});
  for (std::size_t s = 0; s < batch.size(); ++s) {
    const RunOutput alone = session_.run_with_cache({batch[s]}, {pattern, z});
    const auto length = static_cast<std::int64_t>(batch[s].ids.size());
    const auto index = static_cast<std::int64_t>(s);
    for (std::int64_t pos = 0; pos < together.logits.size(1); ++pos) {
      if (pos < length) {
        ASSERT_LT(largest_difference(row(together.logits, index, pos), row(alone.logits, 0, pos)),
                  kRounding);
      } else {
        for (const float value : row(together.logits, index, pos)) ASSERT_EQ(value, 0.0f);
      }
    }
    const auto ours = together.cache.at(pattern).view<4>();
    const auto theirs = alone.cache.at(pattern).view<4>();
    for (std::int64_t h = 0; h < theirs.size(1); ++h) {
      for (std::int64_t q = 0; q < ours.size(2); ++q) {
        for (std::int64_t k = 0; k < ours.size(3); ++k) {
          const bool own = q < length && k < length;
          ASSERT_NEAR(ours(index, h, q, k), own ? theirs(0, h, q, k) : 0.0f, kRounding);
        }
      }
    }
  }
}

TEST_P(LogitsChoice, NoneComputesNone) {
  const RunOutput run = session_.run(many(3), {.logits = Logits::none});
  EXPECT_TRUE(run.logits.empty());
  EXPECT_EQ(run.cache.byte_size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Models, LogitsChoice,
                         testing::Values("gpt2", "llama", "mistral", "bert_masked_lm",
                                         "distilbert_masked_lm"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
