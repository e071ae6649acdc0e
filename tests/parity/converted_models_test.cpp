#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "headlens/run/session.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

const fs::path kData = HEADLENS_SHARED_DATA;
const fs::path kTools = fs::path(HEADLENS_TEST_DATA).parent_path() / "tools";

std::string story() {
  std::ifstream file(fs::path(HEADLENS_TEST_DATA) / "goldens" / "real_models" / "stories260K.txt");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ConvertedModels : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kData)) GTEST_SKIP() << "there is no folder " << kData;
    if (std::system("python3 -c 'import json' >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "there is no python3";
    }
    std::string name = (fs::temp_directory_path() / "headlens_converted_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }

  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  /// Runs a converter; its last argument is the folder it fills.
  Session convert(const std::string& tool, const std::vector<fs::path>& inputs) {
    std::string command = "PYTHONDONTWRITEBYTECODE=1 python3 '" + (kTools / tool).string() + "'";
    for (const fs::path& input : inputs) command += " '" + input.string() + "'";
    command += " '" + folder_.string() + "' >/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return Session::open(folder_.string());
  }

  fs::path folder_;
};

std::int32_t most_likely(const Tensor& logits_BV, std::int64_t sequence) {
  const std::int64_t width = logits_BV.size(1);
  const float* first = logits_BV.data() + sequence * width;
  return static_cast<std::int32_t>(std::max_element(first, first + width) - first);
}

void append_most_likely(Session& session, std::vector<TokenSequence>& batch) {
  const Tensor logits = session.run(batch, {.logits = Logits::last}).logits;
  ASSERT_EQ(logits.size(0), static_cast<std::int64_t>(batch.size()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].ids.push_back(most_likely(logits, static_cast<std::int64_t>(i)));
  }
}

/// Every word of six letters A, B, C.
std::vector<std::string> all_words() {
  std::vector<std::string> words;
  for (int number = 0; number < 729; ++number) {
    std::string word;
    for (int rest = number; word.size() < 6; rest /= 3) {
      word += static_cast<char>('A' + rest % 3);
    }
    words.push_back(word);
  }
  return words;
}

TEST_F(ConvertedModels, NanoSortSortsEveryWord) {
  Session session =
      convert("convert_nano_sort.py", {kData / "model_gpt_nano_sort" / "gpt-nano-sort-model.json"});
  const std::vector<std::string> words = all_words();
  std::vector<TokenSequence> batch;
  for (const std::string& word : words) {
    batch.push_back({.ids = session.tokenizer().encode(word, SpecialTokens::add).ids});
    ASSERT_EQ(batch.back().ids.size(), 6u) << word;
  }
  for (int step = 0; step < 6; ++step) ASSERT_NO_FATAL_FAILURE(append_most_likely(session, batch));
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string sorted = words[i];
    std::ranges::sort(sorted);
    EXPECT_EQ(session.tokenizer().decode(batch[i].ids, SpecialTokens::none), words[i] + sorted);
  }
}

TEST_F(ConvertedModels, Stories260kTellsItsStory) {
  const fs::path data = kData / "model_stories260K";
  Session session =
      convert("convert_stories260k.py", {data / "stories260K.bin", data / "tok512.bin"});
  const std::string expected = story();
  ASSERT_GT(expected.size(), 400u);
  const auto bos = session.tokenizer().id_of("<s>");
  ASSERT_TRUE(bos.has_value());
  std::vector<TokenSequence> batch{{.ids = {*bos}}};
  for (int step = 0; step < 200; ++step) {
    ASSERT_NO_FATAL_FAILURE(append_most_likely(session, batch));
  }
  const std::vector<std::int32_t>& told = batch.front().ids;
  EXPECT_EQ(session.tokenizer().decode(told, SpecialTokens::none), expected);
  EXPECT_EQ(session.tokenizer().encode(expected, SpecialTokens::add).ids, told);
}

}  // namespace
}  // namespace headlens
