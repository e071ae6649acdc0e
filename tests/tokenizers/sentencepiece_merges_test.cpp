#include "headlens/tokenizers/sentencepiece_merges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::Pair;

GgufVocabulary vocabulary(std::vector<std::string_view> tokens, std::vector<float> scores) {
  return {.origin = "made by hand",
          .model = "llama",
          .tokens = std::move(tokens),
          .scores = std::move(scores)};
}

TEST(SentencepieceMerges, BestScoresComeFirst) {
  const auto v = vocabulary({"a", "b", "c", "ab", "bc", "abc"}, {-9, -9, -9, -2, -1, -3});
  EXPECT_THAT(sentencepiece_merges(v),
              ElementsAre(Pair("b", "c"), Pair("a", "b"), Pair("ab", "c"), Pair("a", "bc")));
}

TEST(SentencepieceMerges, CutsOnlyBetweenCharacters) {
  const auto v = vocabulary({"é", "\u2581", "\u2581é"}, {-1, -2, 0});
  EXPECT_THAT(sentencepiece_merges(v), ElementsAre(Pair("\u2581", "é")));
}

TEST(SentencepieceMerges, ListedMergesAreTakenAsTheyAre) {
  auto v = vocabulary({"a", "b", "ab"}, {});
  v.merges = {"a b"};
  EXPECT_THAT(sentencepiece_merges(v), ElementsAre(Pair("a", "b")));
  v.merges = {"ab"};
  EXPECT_THROW(sentencepiece_merges(v), FormatError);
}

TEST(SentencepieceMerges, NeedsMergesOrScores) {
  EXPECT_THROW(sentencepiece_merges(vocabulary({"a"}, {})), FormatError);
}

}  // namespace
}  // namespace headlens
