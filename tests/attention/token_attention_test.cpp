#include "headlens/attention/token_attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

PromptTokens tokens(const std::vector<std::string>& texts) {
  PromptTokens prompt;
  for (const std::string& text : texts) {
    prompt.text += text;
    prompt.tokens.push_back({.piece = text, .text = text});
  }
  return prompt;
}

/// Two layers (5 and 3) of two heads over three tokens; head weights from 2 to 0 are .1 .4 .4 .9.
AttentionResult four_heads() {
  AttentionResult result;
  result.layers = {5, 3};
  result.pattern_LHQK = Tensor({2, 2, 3, 3});
  std::ranges::fill(result.pattern_LHQK.values(), 0.0f);
  auto pattern = result.pattern_LHQK.view<4>();
  pattern(0, 0, 2, 0) = 0.1f;
  pattern(0, 1, 2, 0) = 0.4f;
  pattern(1, 0, 2, 0) = 0.4f;
  pattern(1, 1, 2, 0) = 0.9f;
  pattern(1, 1, 0, 2) = 1.0f;
  return result;
}

TEST(FindToken, TakesWordsWithAndWithoutTheirSpace) {
  const PromptTokens prompt = tokens({"The", " cat", " sat", "cat"});
  EXPECT_EQ(find_token(prompt, "sat", false), 2);
  EXPECT_EQ(find_token(prompt, " sat", true), 2);
  EXPECT_EQ(find_token(prompt, "The", false), 0);
  EXPECT_EQ(find_token(prompt, " The", false), 0);
}

TEST(FindToken, GivesTheFirstOrTheLastOfSeveral) {
  const PromptTokens prompt = tokens({"it", " was", " it", " and", " it"});
  EXPECT_EQ(find_token(prompt, "it", false), 0);
  EXPECT_EQ(find_token(prompt, "it", true), 4);
}

TEST(FindToken, DoesNotMatchPartsOrOtherCase) {
  const PromptTokens prompt = tokens({"The", " cats"});
  EXPECT_THAT([&] { find_token(prompt, "cat", false); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("\"cat\""), HasSubstr("cats"))));
  EXPECT_THROW(find_token(prompt, "the", false), UsageError);
  EXPECT_THROW(find_token(prompt, "", false), UsageError);
}

TEST(FindToken, ShowsTheTokensInOneShortLine) {
  std::vector<std::string> texts{"first\n", "\n"};
  for (int i = 0; i < 5000; ++i) texts.push_back(" word" + std::to_string(i));
  const PromptTokens prompt = tokens(texts);
  try {
    find_token(prompt, "absent", false);
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    EXPECT_LT(std::string(error.what()).size(), 1000u);
  }
}

TEST(HeadsAttending, ListsTheStrongestFirst) {
  const auto heads = heads_attending(four_heads(), 2, 0, 0.2);
  ASSERT_EQ(heads.size(), 3u);
  EXPECT_EQ(heads[0].layer, 3);
  EXPECT_EQ(heads[0].head, 1);
  EXPECT_NEAR(heads[0].weight, 0.9, 1e-6);
  EXPECT_EQ(heads[1].layer, 5);
  EXPECT_EQ(heads[1].head, 1);
  EXPECT_EQ(heads[2].layer, 3);
  EXPECT_EQ(heads[2].head, 0);
}

TEST(HeadsAttending, GoesFromQueryToKey) {
  const auto heads = heads_attending(four_heads(), 0, 2, 0.5);
  ASSERT_EQ(heads.size(), 1u);
  EXPECT_EQ(heads[0].layer, 3);
}

TEST(HeadsAttending, ExcludesTheThresholdItself) {
  AttentionResult result = four_heads();
  EXPECT_THAT(heads_attending(result, 2, 0, 0.95), IsEmpty());
  result.pattern_LHQK.view<4>()(0, 0, 2, 0) = 0.5f;
  const auto heads = heads_attending(result, 2, 0, 0.5);
  ASSERT_EQ(heads.size(), 1u);
  EXPECT_EQ(heads[0].layer, 3);
}

}  // namespace
}  // namespace headlens
