#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "headlens/formats/gguf.h"
#include "headlens/tokenizers/gguf_vocabulary.h"
#include "headlens/tokenizers/hf_directory.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

const fs::path kGpt2 = fs::path(HEADLENS_SHARED_DATA) / "gpt2_tokenizer";
const fs::path kBert = fs::path(HEADLENS_SHARED_DATA) / "bert_tokenizer";

struct Vector {
  std::string text;
  std::vector<std::int32_t> ids;
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::int32_t> numbers(std::string text) {
  for (char& c : text) c = c >= '0' && c <= '9' ? c : ' ';
  std::istringstream stream(text);
  std::vector<std::int32_t> found;
  for (std::int32_t number = 0; stream >> number;) found.push_back(number);
  return found;
}

/// Texts between separator lines in NAME.inp, a line of ids for each in NAME.out.
std::vector<Vector> llama_cpp_vectors(const std::string& name) {
  const std::string separator = "\n__ggml_vocab_test__\n";
  const std::string texts = read(name + ".inp");
  std::istringstream lines(read(name + ".out"));
  std::vector<Vector> vectors;
  for (std::size_t begin = 0; begin < texts.size();) {
    const std::size_t end = std::min(texts.find(separator, begin), texts.size());
    std::string line;
    if (!std::getline(lines, line)) return {};
    vectors.push_back({texts.substr(begin, end - begin), numbers(line)});
    begin = end + separator.size();
  }
  return vectors;
}

/// Blocks of "EncodingName: ...", "Sample: ..." (of any number of lines) and "Encoded: [...]".
std::vector<Vector> test_plan(const fs::path& path) {
  const std::string plan = read(path);
  const std::string sample = "\nSample: ";
  const std::string encoded = "\nEncoded: [";
  std::vector<Vector> vectors;
  for (std::size_t at = plan.find(sample); at != std::string::npos; at = plan.find(sample, at)) {
    const std::size_t begin = at + sample.size();
    const std::size_t end = plan.find(encoded, at);
    const std::size_t close = plan.find(']', end);
    vectors.push_back({end > begin ? plan.substr(begin, end - begin) : std::string(),
                       numbers(plan.substr(end, close - end))});
    at = close;
  }
  return vectors;
}

Tokenizer from_gguf(const fs::path& path) {
  const GgufFile file = read_gguf(path);
  return tokenizer_from_gguf(gguf_vocabulary(file));
}

void expect_all(const Tokenizer& tokenizer, const std::vector<Vector>& vectors,
                std::size_t at_least) {
  ASSERT_GE(vectors.size(), at_least);
  for (const Vector& vector : vectors) {
    EXPECT_EQ(tokenizer.encode(vector.text, SpecialTokens::none).ids, vector.ids) << vector.text;
  }
}

class Gpt2Vectors : public testing::Test {
  void SetUp() override {
    if (!fs::exists(kGpt2)) GTEST_SKIP() << "no folder " << kGpt2;
  }
};

class BertVectors : public testing::Test {
  void SetUp() override {
    if (!fs::exists(kBert)) GTEST_SKIP() << "no folder " << kBert;
  }
};

TEST_F(Gpt2Vectors, TestPlanWithEncoderJsonAndVocabBpe) {
  expect_all(tokenizer_from_hf_directory(kGpt2),
             test_plan(kGpt2 / "gpt_tokenizer/TestPlans.r50k_base.txt"), 64);
}

TEST_F(Gpt2Vectors, TestPlanWithGguf) {
  expect_all(from_gguf(kGpt2 / "llama_cpp/ggml-vocab-gpt-2.gguf"),
             test_plan(kGpt2 / "gpt_tokenizer/TestPlans.r50k_base.txt"), 64);
}

TEST_F(Gpt2Vectors, LlamaCppWithEncoderJsonAndVocabBpe) {
  expect_all(tokenizer_from_hf_directory(kGpt2),
             llama_cpp_vectors(kGpt2 / "llama_cpp/ggml-vocab-gpt-2.gguf"), 46);
}

TEST_F(Gpt2Vectors, LlamaCppWithGguf) {
  const fs::path path = kGpt2 / "llama_cpp/ggml-vocab-gpt-2.gguf";
  expect_all(from_gguf(path), llama_cpp_vectors(path), 46);
}

TEST_F(BertVectors, LlamaCppWithVocabTxt) {
  expect_all(tokenizer_from_hf_directory(kBert),
             llama_cpp_vectors(kBert / "ggml-vocab-bert-bge.gguf"), 46);
}

TEST_F(BertVectors, LlamaCppWithGguf) {
  const fs::path path = kBert / "ggml-vocab-bert-bge.gguf";
  expect_all(from_gguf(path), llama_cpp_vectors(path), 46);
}

TEST_F(BertVectors, GgufAndVocabTxtHaveTheSamePieces) {
  const Tokenizer gguf = from_gguf(kBert / "ggml-vocab-bert-bge.gguf");
  const Tokenizer text = tokenizer_from_hf_directory(kBert);
  ASSERT_EQ(gguf.vocabulary_size(), 30522);
  ASSERT_EQ(text.vocabulary_size(), 30522);
  for (std::int32_t id = 0; id < 30522; ++id) EXPECT_EQ(gguf.piece(id), text.piece(id)) << id;
}

}  // namespace
}  // namespace headlens
