#include "headlens/reports/head_summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/samples.h"

namespace headlens {
namespace {

TEST(HeadSummary, FollowsItsDefinitions) {
  const float rows[3][3] = {{1, 0, 0}, {0.25F, 0.75F, 0}, {0.5F, 0.25F, 0.25F}};
  const AttentionResult result = attention_of(
      {"a", "b", "c"}, {2}, 1, [&](int, int, int query, int key) { return rows[query][key]; });
  const HeadSummary head = summarize_heads(result).at(0);
  EXPECT_EQ(head.layer, 2);
  EXPECT_DOUBLE_EQ(head.first_share, (0.25 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(head.previous_share, (0.25 + 0.25) / 2);
  const double second = -(0.25 * std::log(0.25) + 0.75 * std::log(0.75));
  const double third = -(0.5 * std::log(0.5) + 0.5 * std::log(0.25));
  EXPECT_NEAR(head.entropy_nats, (second + third) / 3, 1e-12);
  EXPECT_EQ(head.query, -1) << "the only other links are to the first, own and previous token";
}

TEST(HeadSummary, SpecialTokensAreNoLinks) {
  AttentionResult result =
      attention_of({"a", "[SEP]", "c", "d", "e"}, {0}, 1, [](int, int, int query, int key) {
        if (key == 1) return 0.9F;
        return query == 4 && key == 2 ? 0.2F : 0.0F;
      });
  EXPECT_EQ(summarize_heads(result).at(0).key, 1);
  result.prompt.tokens[1].special = true;
  const HeadSummary head = summarize_heads(result).at(0);
  EXPECT_EQ(head.query, 4);
  EXPECT_EQ(head.key, 2);
  EXPECT_FLOAT_EQ(head.weight, 0.2F);
}

TEST(HeadSummary, IsSortedByTheLink) {
  const AttentionResult result =
      attention_of({"a", "b", "c", "d"}, {0}, 5,
                   [](int, int head, int, int) { return static_cast<float>((head * 3) % 5) / 10; });
  const std::vector<HeadSummary> heads = summarize_heads(result);
  ASSERT_EQ(heads.size(), 5U);
  for (std::size_t i = 1; i < heads.size(); ++i) EXPECT_GE(heads[i - 1].weight, heads[i].weight);
}

}  // namespace
}  // namespace headlens
