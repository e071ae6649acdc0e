#include "headlens/probing/word_alignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "headlens/formats/conllu.h"
#include "headlens/probing/treebank_corpus.h"
#include "headlens/probing/word_spans.h"
#include "tests/parity/real_models.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

Encoding encoding_of(std::vector<CharSpan> spans, std::vector<std::uint8_t> special) {
  Encoding encoding;
  encoding.ids.resize(spans.size());
  encoding.spans = std::move(spans);
  encoding.special = std::move(special);
  return encoding;
}

TEST(WordAlignment, WordsOfOneAndOfSeveralTokens) {
  // [CLS] un ##aff ##able cats [SEP]
  const Encoding encoding =
      encoding_of({{0, 0}, {0, 2}, {2, 5}, {5, 9}, {10, 14}, {0, 0}}, {1, 0, 0, 0, 0, 1});
  const std::vector<CharSpan> words = {{0, 9}, {10, 14}};
  EXPECT_THAT(align_words(encoding, words), ElementsAre(TokenRange{1, 4}, TokenRange{4, 5}));
}

TEST(WordAlignment, TokensOfTwoWordsAndSpacesBeforeThem) {
  // "I don't": " don" is of "do" and of "n't".
  const Encoding encoding = encoding_of({{0, 1}, {1, 5}, {5, 7}}, {0, 0, 0});
  const std::vector<CharSpan> words = {{0, 1}, {2, 4}, {4, 7}};
  EXPECT_THAT(align_words(encoding, words),
              ElementsAre(TokenRange{0, 1}, TokenRange{1, 2}, TokenRange{1, 3}));
}

TEST(WordAlignment, SpansThatOverlapOrComeBackwards) {
  const Encoding encoding = encoding_of({{0, 3}, {4, 7}, {8, 11}}, {0, 0, 0});
  const std::vector<CharSpan> spans = {{8, 11}, {0, 11}, {4, 11}, {4, 7}, {0, 3}};
  EXPECT_THAT(align_words(encoding, spans),
              ElementsAre(TokenRange{2, 3}, TokenRange{0, 3}, TokenRange{1, 3}, TokenRange{1, 2},
                          TokenRange{0, 1}));
}

TEST(WordAlignment, CharactersThatTheTokenizerDropped) {
  const Encoding encoding = encoding_of({{0, 1}, {4, 5}}, {0, 0});
  EXPECT_TRUE(align_words(encoding, std::vector<CharSpan>{{2, 3}})[0].empty());
}

/// Against every token looked at for every word.
TEST(WordAlignment, RandomSpans) {
  std::mt19937 random(5);
  const auto below = [&](int n) { return static_cast<std::int64_t>(random() % n); };
  for (int round = 0; round < 500; ++round) {
    std::vector<CharSpan> tokens, words;
    for (std::int64_t at = 0; at < 30;) {
      const std::int64_t end = at + 1 + below(4);
      tokens.push_back({at, end});
      at = end - (below(5) == 0 ? 1 : 0) + below(2);
    }
    for (int i = 0; i < 8; ++i) {
      const std::int64_t begin = below(30);
      words.push_back({begin, begin + 1 + below(6)});
    }
    if (round % 2 == 0) std::ranges::sort(words, {}, &CharSpan::begin);
    const Encoding encoding = encoding_of(tokens, std::vector<std::uint8_t>(tokens.size()));
    const std::vector<TokenRange> ranges = align_words(encoding, words);
    for (std::size_t w = 0; w < words.size(); ++w) {
      TokenRange expected;
      for (std::size_t t = 0; t < tokens.size(); ++t) {
        bool shares = false;
        for (std::int64_t c = words[w].begin; c < words[w].end; ++c) {
          shares |= tokens[t].begin <= c && c < tokens[t].end;
        }
        if (!shares) continue;
        if (expected.empty()) expected.begin = static_cast<std::int64_t>(t);
        expected.end = static_cast<std::int64_t>(t) + 1;
      }
      ASSERT_EQ(ranges[w], expected) << "round " << round << ", word " << w;
    }
  }
}

TEST(Pooling, EveryKind) {
  const std::vector<float> states = {9, 9, 1, 8, 2, 4, 6, 6};  // four tokens of two numbers
  const auto pooled = [&](Pooling pooling, TokenRange tokens) {
    std::vector<float> out(2);
    pool(states.data(), 2, tokens, pooling, out.data());
    return out;
  };
  EXPECT_THAT(pooled(Pooling::last, {1, 4}), ElementsAre(6, 6));
  EXPECT_THAT(pooled(Pooling::first, {1, 4}), ElementsAre(1, 8));
  EXPECT_THAT(pooled(Pooling::mean, {1, 4}), ElementsAre(3, 6));
  EXPECT_THAT(pooled(Pooling::max, {1, 4}), ElementsAre(6, 8));
  EXPECT_THAT(pooled(Pooling::cls, {1, 4}), ElementsAre(9, 9));
  EXPECT_THAT(pooled(Pooling::mean, {2, 3}), ElementsAre(2, 4));
  for (const char* name : {"last", "first", "mean", "max", "cls"}) {
    EXPECT_EQ(to_string(*parse_pooling(name)), name);
  }
  EXPECT_FALSE(parse_pooling("median"));
}

/// Some sentences of a treebank with the words' places.
std::vector<TreebankText> treebank_texts() {
  std::vector<TreebankText> texts;
  const std::filesystem::path file =
      std::filesystem::path(HEADLENS_SHARED_DATA) / "ud_ewt" / "en_ewt-ud-dev.conllu";
  if (std::filesystem::exists(file)) {
    ConlluReader reader(file);
    while (const auto sentence = reader.next()) texts.push_back(text_of(*sentence, file));
  }
  const std::vector<std::string> words = {"unbelievably", ",", "naïve", "😀", "猫が", "isn't", "."};
  const JoinedWords joined = join_words(words);
  texts.push_back({joined.text, joined.spans});
  return texts;
}

/// Byte-level tokens spell the text byte by byte, which gives their places without their spans.
TEST(WordAlignment, SmolLm2AgainstTheBytesOfItsTokens) {
  const std::string reason = reason_to_skip(kSmolLm2);
  if (!reason.empty()) GTEST_SKIP() << reason;
  const Tokenizer& tokenizer = real_session(kSmolLm2).tokenizer();
  for (const TreebankText& text : treebank_texts()) {
    const Encoding encoding = tokenizer.encode(text.text, SpecialTokens::none);
    const std::vector<TokenRange> ranges = align_words(encoding, text.words);
    std::vector<std::size_t> ends;
    std::string spelled;
    for (const std::int32_t id : encoding.ids) {
      spelled += tokenizer.decode_token(id);
      ends.push_back(spelled.size());
    }
    ASSERT_EQ(spelled, text.text);
    for (std::size_t w = 0; w < text.words.size(); ++w) {
      const std::string_view word = slice(text.text, text.words[w]);
      const auto begin = static_cast<std::size_t>(word.data() - text.text.data());
      const auto first = std::ranges::upper_bound(ends, begin) - ends.begin();
      const auto last = std::ranges::lower_bound(ends, begin + word.size()) - ends.begin();
      ASSERT_EQ(ranges[w], (TokenRange{first, last + 1})) << text.text << ": " << word;
    }
  }
}

/// WordPiece tokens of an ASCII word spell it in lower case.
TEST(WordAlignment, MiniLmAgainstTheSpellingOfItsPieces) {
  const std::string reason = reason_to_skip(kMiniLm);
  if (!reason.empty()) GTEST_SKIP() << reason;
  const Tokenizer& tokenizer = real_session(kMiniLm).tokenizer();
  int checked = 0;
  for (const TreebankText& text : treebank_texts()) {
    const Encoding encoding = tokenizer.encode(text.text, SpecialTokens::add);
    const std::vector<TokenRange> ranges = align_words(encoding, text.words);
    for (std::size_t w = 0; w < text.words.size(); ++w) {
      std::string word(slice(text.text, text.words[w])), spelled;
      if (!std::ranges::all_of(word, [](unsigned char c) { return std::isalpha(c) != 0; }))
        continue;
      // A multiword token's words that do not spell it share all its pieces.
      if (w > 0 && text.words[w - 1] == text.words[w]) continue;
      if (w + 1 < text.words.size() && text.words[w + 1].begin == text.words[w].end) continue;
      if (w > 0 && text.words[w - 1].end == text.words[w].begin) continue;
      std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
      for (std::int64_t t = ranges[w].begin; t < ranges[w].end; ++t) {
        const std::string piece = tokenizer.piece(encoding.ids[t]);
        spelled += piece.starts_with("##") ? piece.substr(2) : piece;
      }
      if (spelled.find("[UNK]") != std::string::npos) continue;
      ASSERT_EQ(spelled, word) << text.text;
      ++checked;
    }
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace headlens
