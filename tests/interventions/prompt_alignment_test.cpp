#include "headlens/interventions/prompt_alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace headlens {
namespace {

using testing::ElementsAre;
using Tokens = std::vector<std::int32_t>;
using Partners = std::vector<std::int64_t>;

TEST(PromptAlignment, OneDifferingSpanIsPairedFromItsEnd) {
  const Tokens two_tokens{1, 2, 30, 31, 5, 6}, one_token{1, 2, 40, 5, 6};
  EXPECT_THAT(align_tokens(two_tokens, one_token), ElementsAre(0, 1, -1, 2, 3, 4));
  EXPECT_THAT(align_tokens(one_token, two_tokens), ElementsAre(0, 1, 3, 4, 5));
}

TEST(PromptAlignment, WhatStandsInBothIsMatchedBetweenSeveralSpans) {
  EXPECT_THAT(align_tokens(Tokens{1, 30, 31, 2, 40, 3}, Tokens{1, 50, 2, 60, 61, 3}),
              ElementsAre(0, -1, 1, 2, 4, 5));
  EXPECT_THAT(align_tokens(Tokens{1, 2}, Tokens{1, 9, 9, 2}), ElementsAre(0, 3));
  EXPECT_THAT(align_tokens(Tokens{}, Tokens{1}), ElementsAre());
  EXPECT_THAT(align_tokens(Tokens{7, 8}, Tokens{}), ElementsAre(-1, -1));
}

TEST(PromptAlignment, SeenFromTheOtherText) {
  EXPECT_THAT(inverse_alignment(Partners{0, -1, 1, 4}, 6), ElementsAre(0, 2, -1, -1, 3, -1));
}

/// The most tokens that any alignment can match, by trying all.
int most_matches(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  if (a.empty() || b.empty()) return 0;
  const int skip = std::max(most_matches(a.subspan(1), b), most_matches(a, b.subspan(1)));
  return a[0] == b[0] ? std::max(skip, 1 + most_matches(a.subspan(1), b.subspan(1))) : skip;
}

TEST(PromptAlignment, PartnersAscendMatchAllTheyCanAndLeaveNoPairOut) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    Tokens a(random() % 8), b(random() % 8);
    for (auto* tokens : {&a, &b}) {
      for (std::int32_t& token : *tokens) token = static_cast<std::int32_t>(random() % 4);
    }
    const Partners partners = align_tokens(a, b);
    ASSERT_EQ(partners.size(), a.size());
    std::int64_t last = -1, last_place = -1;
    int matches = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (partners[i] < 0) continue;
      ASSERT_GT(partners[i], last);
      ASSERT_LT(partners[i], std::ssize(b));
      const std::int64_t here = static_cast<std::int64_t>(i);
      EXPECT_TRUE(partners[i] - last == 1 || here - last_place == 1) << "both sides skip tokens";
      last = partners[i];
      last_place = here;
      matches += a[i] == b[partners[i]] ? 1 : 0;
    }
    EXPECT_EQ(matches, most_matches(a, b));
  }
}

}  // namespace
}  // namespace headlens
