#include "headlens/tokenizers/hf_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kGoldens =
    std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "tokenizers";

std::vector<std::int32_t> ids(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(text, SpecialTokens::add).ids;
}

std::string refusal(const std::filesystem::path& directory) {
  try {
    tokenizer_from_hf_directory(directory);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(HfDirectory, EncoderJsonAndVocabBpeAreVocabJsonAndMergesTxtByOldNames) {
  TemporaryDirectory directory;
  std::filesystem::copy_file(kGoldens / "gpt2_files/vocab.json", directory.path() / "encoder.json");
  std::filesystem::copy_file(kGoldens / "gpt2_files/merges.txt", directory.path() / "vocab.bpe");
  const Tokenizer by_old_names = tokenizer_from_hf_directory(directory.path());
  const Tokenizer by_json = tokenizer_from_hf_directory(kGoldens / "gpt2");
  const std::string_view text = "The cat sat on 123 mats<|endoftext|>";
  EXPECT_EQ(ids(by_old_names, text), ids(by_json, text));
}

TEST(HfDirectory, TheModelTypeDecidesWhereNoTokenizerClassIsNamed) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "roberta_files/vocab.json");
  directory.copy(kGoldens / "roberta_files/merges.txt");
  directory.write("config.json", R"({"model_type": "roberta"})");
  const Tokenizer tokenizer = tokenizer_from_hf_directory(directory.path());
  EXPECT_EQ(ids(tokenizer, "cat").front(), tokenizer.id_of("<s>"));
  EXPECT_EQ(ids(tokenizer, "cat").back(), tokenizer.id_of("</s>"));
}

TEST(HfDirectory, WithTokenizerJsonItsOwnPostProcessorDecidesOnBos) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "gpt2/tokenizer.json");
  const auto plain = ids(tokenizer_from_hf_directory(directory.path()), "cat");
  directory.write("tokenizer_config.json",
                  R"({"tokenizer_class": "GPT2Tokenizer", "add_bos_token": true})");
  EXPECT_EQ(ids(tokenizer_from_hf_directory(directory.path()), "cat"), plain);
}

TEST(HfDirectory, ExplicitSettingsWinOverTokenizerJson) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "gpt2/tokenizer.json");
  const auto spaced = ids(tokenizer_from_hf_directory(directory.path()), " cat");
  directory.write("tokenizer_config.json",
                  R"({"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": true})");
  const Tokenizer prefixed = tokenizer_from_hf_directory(directory.path());
  EXPECT_EQ(ids(prefixed, "cat"), spaced);
}

TEST(HfDirectory, AddedTokensOfTheConfigurationStayWhole) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "gpt2/tokenizer.json");
  const auto size = tokenizer_from_hf_directory(directory.path()).vocabulary_size();
  directory.write("tokenizer_config.json", R"({"added_tokens_decoder": {"420": {"content": "<new>",
    "special": true, "normalized": false, "lstrip": false, "rstrip": false, "single_word": false}}})");
  directory.write("special_tokens_map.json", R"({"eos_token": "<|endoftext|>"})");
  const Tokenizer tokenizer = tokenizer_from_hf_directory(directory.path());
  EXPECT_EQ(tokenizer.vocabulary_size(), size + 1);
  EXPECT_THAT(ids(tokenizer, "<new><|endoftext|>"),
              ElementsAre(static_cast<std::int32_t>(size), 0));
  EXPECT_TRUE(tokenizer.is_special(static_cast<std::int32_t>(size)));
}

TEST(HfDirectory, SaysWhatIsMissing) {
  TemporaryDirectory directory;
  EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), FormatError);
  EXPECT_THAT(refusal(directory.path()), HasSubstr("expected tokenizer.json"));
  directory.write("tokenizer.model", "\n");
  EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), UnsupportedError);
  EXPECT_THAT(refusal(directory.path()), HasSubstr("only a SentencePiece model (tokenizer.model)"));
}

TEST(HfDirectory, RefusesClassesThatNeedMoreThanTheFiles) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "gpt2_files/vocab.json");
  directory.copy(kGoldens / "gpt2_files/merges.txt");
  directory.write("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), UnsupportedError);
  EXPECT_THAT(refusal(directory.path()), HasSubstr("CLIPTokenizer"));
}

TEST(HfDirectory, RefusesBrokenFiles) {
  TemporaryDirectory directory;
  directory.copy(kGoldens / "gpt2_files/merges.txt");
  for (const char* vocabulary : {"", "[]", R"({"a": -1})", R"({"a": "b"})", R"({"a": 1e9})"}) {
    directory.write("vocab.json", vocabulary);
    EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), FormatError) << vocabulary;
  }
  directory.write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})");
  for (const char* merges : {"ab\n", "a b c\n", "a z\n"}) {
    directory.write("merges.txt", merges);
    EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), FormatError) << merges;
  }
  directory.write("merges.txt", "#version: 0.2\r\na b\r\n");
  EXPECT_THAT(ids(tokenizer_from_hf_directory(directory.path()), "ab"), ElementsAre(2));
  directory.write("tokenizer_config.json", "[]");
  EXPECT_THROW(tokenizer_from_hf_directory(directory.path()), FormatError);
}

}  // namespace
}  // namespace headlens
