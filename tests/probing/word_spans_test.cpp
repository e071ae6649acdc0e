#include "headlens/probing/word_spans.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::string>;

TEST(WordSpans, CodePointsNotBytes) {
  const Words words = {"é", "did", "n't", "猫", "."};
  EXPECT_THAT(place_words("é  didn't\u00a0猫.", words, "x"),
              ElementsAre(CharSpan{0, 1}, CharSpan{3, 6}, CharSpan{6, 9}, CharSpan{10, 11},
                          CharSpan{11, 12}));
}

TEST(WordSpans, WordsWithSpacesInThem) {
  EXPECT_THAT(place_words("a 10 000 b ", Words{"a", "10 000", "b"}, "x"),
              ElementsAre(CharSpan{0, 1}, CharSpan{2, 8}, CharSpan{9, 10}));
}

TEST(WordSpans, TextsThatAreNotTheWords) {
  EXPECT_THAT(
      [] {
        place_words("the cat", Words{"the", "dog"}, "x.conllu, line 7");
      },
      refuses_with<FormatError>("x.conllu, line 7", "the word dog at character 4"));
  EXPECT_THAT([] { place_words("the cat", Words{"the"}, "x"); },
              refuses_with<FormatError>("goes on after the last word: cat"));
  EXPECT_THAT(
      [] {
        place_words("the", Words{"the", "cat"}, "x");
      },
      refuses_with<FormatError>("the word cat at character 3"));
}

TEST(WordSpans, JoinedWordsAndSlices) {
  const JoinedWords joined = join_words(Words{"é", "猫猫", "c"});
  EXPECT_EQ(joined.text, "é 猫猫 c");
  EXPECT_EQ(slice(joined.text, joined.spans[1]), "猫猫");
  EXPECT_EQ(slice(joined.text, joined.spans[2]), "c");
  EXPECT_EQ(slice("ab", {1, 9}), "b");
  EXPECT_EQ(slice("ab", {5, 9}), "");
}

}  // namespace
}  // namespace headlens
