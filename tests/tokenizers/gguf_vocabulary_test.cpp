#include "headlens/tokenizers/gguf_vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

GgufVocabulary letters() {
  return {.origin = "letters.gguf",
          .model = "gpt2",
          .pre = "gpt-2",
          .tokens = {"<s>", "a", "b", "1", "2", "ab", "12", "<think>"},
          .token_types = {3, 1, 1, 1, 1, 1, 1, 4},
          .merges = {"a b", "1 2"},
          .bos = 0};
}

std::vector<std::int32_t> ids(const GgufVocabulary& vocabulary, std::string_view text) {
  return tokenizer_from_gguf(vocabulary).encode(text, SpecialTokens::add).ids;
}

std::string refusal(const GgufVocabulary& vocabulary) {
  try {
    tokenizer_from_gguf(vocabulary);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(GgufVocabulary, NothingIsPrependedUnlessTheFileSaysSo) {
  GgufVocabulary v = letters();
  EXPECT_THAT(ids(v, "ab"), ElementsAre(5));
  v.add_bos = false;
  EXPECT_THAT(ids(v, "ab"), ElementsAre(5));
  v.add_bos = true;
  EXPECT_THAT(ids(v, "ab"), ElementsAre(0, 5));
}

TEST(GgufVocabulary, PreSaysWhetherDigitsStayTogether) {
  GgufVocabulary v = letters();
  EXPECT_THAT(ids(v, "12"), ElementsAre(6));
  v.pre = "smollm";
  EXPECT_THAT(ids(v, "12"), ElementsAre(3, 4));
}

TEST(GgufVocabulary, ControlTokensAreSpecialAndUserDefinedOnesStayWhole) {
  const Tokenizer tokenizer = tokenizer_from_gguf(letters());
  EXPECT_THAT(tokenizer.encode("a<think>b<s>", SpecialTokens::none).ids, ElementsAre(1, 7, 2, 0));
  EXPECT_TRUE(tokenizer.is_special(0));
  EXPECT_FALSE(tokenizer.is_special(7));
}

TEST(GgufVocabulary, RefusesWhatItDoesNotKnowByName) {
  GgufVocabulary v = letters();
  v.pre = "riddle";
  EXPECT_THROW(tokenizer_from_gguf(v), UnsupportedError);
  EXPECT_THAT(refusal(v), HasSubstr("\"riddle\""));
  EXPECT_THAT(refusal(v), HasSubstr("letters.gguf"));
  v.model = "rwkv";
  EXPECT_THROW(tokenizer_from_gguf(v), UnsupportedError);
  EXPECT_THAT(refusal(v), HasSubstr("\"rwkv\""));
}

TEST(GgufVocabulary, RefusesVocabulariesThatContradictThemselves) {
  GgufVocabulary v = letters();
  v.merges = {"a z"};
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
  v.merges = {"ab"};
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
  v = letters();
  v.add_eos = true;
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
  v = letters();
  v.tokens[1] = "\xFF";
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
  v = letters();
  v.tokens[0] = "\xFF";
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
  v = {.origin = "words.gguf", .model = "bert", .tokens = {"\u2581a", "b"}};
  EXPECT_THROW(tokenizer_from_gguf(v), FormatError);
}

TEST(GgufVocabulary, SentencepieceAddsBosAndASpaceUnlessTheFileSaysOtherwise) {
  GgufVocabulary v{.origin = "spm.gguf",
                   .model = "llama",
                   .tokens = {"<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a"},
                   .scores = {0, 0, 0, -2, -3, -1},
                   .token_types = {2, 3, 3, 1, 1, 1},
                   .bos = 1,
                   .eos = 2};
  EXPECT_THAT(ids(v, "a"), ElementsAre(1, 5));
  v.add_bos = false;
  v.add_eos = true;
  v.add_space_prefix = false;
  EXPECT_THAT(ids(v, "a"), ElementsAre(4, 2));
  v.add_bos = v.add_eos = std::nullopt;
  v.bos = std::nullopt;
  EXPECT_THAT(ids(v, "a"), ElementsAre(4));
}

TEST(GgufVocabulary, ReadsWhatTheFileSays) {
  const auto path =
      std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/tokenizers/gguf_smollm.gguf";
  const GgufFile file = read_gguf(path);
  const GgufVocabulary v = gguf_vocabulary(file);
  EXPECT_EQ(v.model, "gpt2");
  EXPECT_EQ(v.pre, "smollm");
  EXPECT_EQ(v.bos, 1);
  EXPECT_EQ(v.eos, 2);
  EXPECT_EQ(v.unk, std::nullopt);
  EXPECT_EQ(v.add_bos, false);
  EXPECT_EQ(v.add_eos, std::nullopt);
  EXPECT_EQ(v.add_space_prefix, false);
  EXPECT_EQ(v.token_types.size(), v.tokens.size());
  EXPECT_EQ(v.tokens[1], "<|im_start|>");
  EXPECT_FALSE(v.merges.empty());
}

}  // namespace
}  // namespace headlens
