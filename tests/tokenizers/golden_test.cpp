#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "headlens/formats/gguf.h"
#include "headlens/formats/json_file.h"
#include "headlens/tokenizers/gguf_vocabulary.h"
#include "headlens/tokenizers/hf_directory.h"

namespace headlens {
namespace {

using nlohmann::json;

const std::filesystem::path kGoldens =
    std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "tokenizers";

struct Golden {
  std::string tokenizer;  ///< a folder, or a GGUF file
  std::string expected;   ///< what Transformers made of the texts
  friend std::ostream& operator<<(std::ostream& out, const Golden& golden) {
    return out << golden.tokenizer;
  }
};

Tokenizer open(const std::string& name) {
  const auto path = kGoldens / name;
  if (!name.ends_with(".gguf")) return tokenizer_from_hf_directory(path);
  const GgufFile file = read_gguf(path);
  return tokenizer_from_gguf(gguf_vocabulary(file));
}

std::vector<std::int64_t> flat(const std::vector<CharSpan>& spans) {
  std::vector<std::int64_t> ends;
  for (const CharSpan& span : spans) {
    ends.push_back(span.begin);
    ends.push_back(span.end);
  }
  return ends;
}

std::string digits(const std::vector<std::uint8_t>& mask) {
  std::string text;
  for (const std::uint8_t bit : mask) text += static_cast<char>('0' + bit);
  return text;
}

class TokenizerGolden : public testing::TestWithParam<Golden> {
 protected:
  Tokenizer tokenizer_ = open(GetParam().tokenizer);
  json expected_ = read_json(kGoldens / (GetParam().expected + ".json"));
  json texts_ = read_json(kGoldens / "texts.json");
};

TEST_P(TokenizerGolden, EncodesAsTransformersDoes) {
  ASSERT_EQ(texts_.size(), expected_["cases"].size());
  ASSERT_GE(texts_.size(), 60u);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const auto text = texts_[i].get<std::string>();
    const json& expected = expected_["cases"][i];
    const Encoding encoding = tokenizer_.encode(text, SpecialTokens::add);
    EXPECT_EQ(encoding.ids, expected["ids"].get<std::vector<std::int32_t>>()) << text;
    EXPECT_EQ(flat(encoding.spans), expected["offsets"].get<std::vector<std::int64_t>>()) << text;
    EXPECT_EQ(digits(encoding.special), expected["special"].get<std::string>()) << text;
    EXPECT_EQ(encoding.type_ids, std::vector<std::int32_t>(encoding.ids.size())) << text;
  }
}

TEST_P(TokenizerGolden, WithoutSpecialTokensOnlyTheAddedOnesAreGone) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const json& expected = expected_["cases"][i];
    const auto mask = expected["special"].get<std::string>();
    std::vector<std::int32_t> ids;
    for (std::size_t t = 0; t < mask.size(); ++t) {
      if (mask[t] == '0') ids.push_back(expected["ids"][t].get<std::int32_t>());
    }
    const Encoding bare = tokenizer_.encode(texts_[i].get<std::string>(), SpecialTokens::none);
    EXPECT_EQ(bare.ids, ids) << texts_[i];
    EXPECT_EQ(bare.special, std::vector<std::uint8_t>(ids.size(), 0));
  }
}

TEST_P(TokenizerGolden, DecodesAsTransformersDoes) {
  for (const json& expected : expected_["cases"]) {
    const auto ids = expected["ids"].get<std::vector<std::int32_t>>();
    EXPECT_EQ(tokenizer_.decode(ids, SpecialTokens::add), expected["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer_.decode(ids, SpecialTokens::none),
              expected["decoded_bare"].get<std::string>());
  }
}

TEST_P(TokenizerGolden, HasTheSameVocabulary) {
  const json& pieces = expected_["pieces"];
  ASSERT_EQ(tokenizer_.vocabulary_size(), static_cast<std::int64_t>(pieces.size()));
  const auto special = expected_["special_ids"].get<std::vector<std::int32_t>>();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    EXPECT_EQ(tokenizer_.piece(id), pieces[i].get<std::string>());
    EXPECT_EQ(tokenizer_.id_of(pieces[i].get<std::string>()), id);
    EXPECT_TRUE(tokenizer_.contains(id));
    EXPECT_EQ(tokenizer_.is_special(id), std::count(special.begin(), special.end(), id) == 1) << id;
  }
  EXPECT_FALSE(tokenizer_.contains(static_cast<std::int32_t>(pieces.size())));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TokenizerGolden,
    testing::Values(Golden{"gpt2", "gpt2"}, Golden{"gpt2_files", "gpt2_files"},
                    Golden{"roberta_files", "roberta_files"}, Golden{"qwen2_files", "qwen2_files"},
                    Golden{"bert", "bert"}, Golden{"bert_cased", "bert_cased"},
                    Golden{"llama", "llama"}, Golden{"unigram", "unigram"},
                    Golden{"gguf_gpt2.gguf", "gpt2"}, Golden{"gguf_smollm.gguf", "gguf_smollm"},
                    Golden{"gguf_llama3.gguf", "gguf_llama3"},
                    Golden{"gguf_qwen2.gguf", "qwen2_files"}, Golden{"gguf_llama.gguf", "llama"},
                    Golden{"gguf_bert.gguf", "bert"}, Golden{"gguf_bert_cased.gguf", "bert_cased"}),
    [](const testing::TestParamInfo<Golden>& golden) {
      std::string name = golden.param.tokenizer;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

/// Bytes that a token stands for are checked by putting the tokens of a text back together.
TEST(DecodeToken, TokensOfByteLevelTextsJoinToTheText) {
  const json texts = read_json(kGoldens / "texts.json");
  for (const char* name : {"gpt2", "gguf_smollm.gguf", "gguf_llama3.gguf"}) {
    const Tokenizer tokenizer = open(name);
    for (const json& text : texts) {
      std::string joined;
      for (const std::int32_t id :
           tokenizer.encode(text.get<std::string>(), SpecialTokens::none).ids) {
        joined += tokenizer.decode_token(id);
      }
      EXPECT_EQ(joined, text.get<std::string>()) << name;
    }
  }
}

TEST(DecodeToken, ByteFallbackGivesSpacesAndLoneBytes) {
  const Tokenizer tokenizer = open("llama");
  const Encoding encoding = tokenizer.encode("the \U0001F43B", SpecialTokens::none);
  std::string joined;
  for (const std::int32_t id : encoding.ids) joined += tokenizer.decode_token(id);
  EXPECT_EQ(joined, " the \U0001F43B");
  EXPECT_EQ(tokenizer.decode_token(*tokenizer.id_of("<0xF0>")), "\xF0");
}

TEST(DecodeToken, OtherKindsDecodeAsTransformersDoes) {
  for (const char* name : {"bert", "bert_cased", "unigram"}) {
    const Tokenizer tokenizer = open(name);
    const json expected = read_json(kGoldens / (std::string(name) + ".json"))["decoded_alone"];
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(tokenizer.decode_token(static_cast<std::int32_t>(i)),
                expected[i].get<std::string>());
    }
  }
}

}  // namespace
}  // namespace headlens
