#include "headlens/tokenizers/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kThreeWords = R"({"version": "1.0", "truncation": {"direction": "Right",
  "max_length": 1, "strategy": "LongestFirst", "stride": 0}, "padding": {"strategy": {"Fixed": 9},
  "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
  "pad_token": "[UNK]"}, "added_tokens": [], "normalizer": null,
  "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
  "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "to": 1, "be": 2}, "unk_token": "[UNK]"}})";

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Tokenizer, RefusesTextThatIsNoTokenizer) {
  for (const char* text : {"", "{", "[]", "{}", R"({"model": {"type": "Riddle"}})", "\xFF"}) {
    EXPECT_THROW(Tokenizer::from_json(text, "broken.json"), FormatError) << text;
  }
  EXPECT_THROW(Tokenizer::from_file("no/such/tokenizer.json"), FormatError);
}

TEST(Tokenizer, ErrorsNameTheFileInOneLine) {
  const std::string message =
      message_of([] { Tokenizer::from_json("{\n\"model\": 3\n}", "some/tokenizer.json"); });
  EXPECT_THAT(message, HasSubstr("some/tokenizer.json"));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

void load_and_use(const std::string& json) {
  try {
    const Tokenizer tokenizer = Tokenizer::from_json(json, "damaged");
    tokenizer.encode("to be or not\n", SpecialTokens::add);
    for (std::int32_t id = 0; id < 4; ++id) {
      if (tokenizer.contains(id)) tokenizer.decode_token(id);
    }
  } catch (const Error&) {
  }
}

TEST(Tokenizer, DamagedFilesGiveAnErrorOrATokenizerButNeverACrash) {
  const std::string whole(kThreeWords);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_THROW(Tokenizer::from_json(whole.substr(0, i), "damaged"), FormatError);
    for (const char byte : {'"', '{', ']', '9', '\\', '\xFF'}) {
      std::string damaged = whole;
      damaged[i] = byte;
      EXPECT_NO_FATAL_FAILURE(load_and_use(damaged));
    }
  }
}

TEST(Tokenizer, KeepsEveryTokenWhateverTheFileSaysOfTruncationAndPadding) {
  const Tokenizer tokenizer = Tokenizer::from_json(kThreeWords, "words");
  EXPECT_THAT(tokenizer.encode("to be or to be", SpecialTokens::add).ids,
              ElementsAre(1, 2, 0, 1, 2));
}

TEST(Tokenizer, RefusesInvalidUtf8AndSaysWhere) {
  const Tokenizer tokenizer = Tokenizer::from_json(kThreeWords, "words");
  for (const char* text :
       {"be\xFF", "be\xC3", "be\xED\xA0\x80", "be\xC0\xAF", "be\xF5\x80\x80\x80"}) {
    EXPECT_THROW(tokenizer.encode(text, SpecialTokens::none), UsageError);
    EXPECT_THAT(message_of([&] { tokenizer.encode(text, SpecialTokens::none); }),
                HasSubstr("byte 2"));
  }
}

TEST(Tokenizer, RefusesIdsThatDoNotExist) {
  const Tokenizer tokenizer = Tokenizer::from_json(kThreeWords, "words");
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  for (const std::int32_t id : {-1, 3, kMost}) {
    EXPECT_THROW(tokenizer.piece(id), UsageError);
    EXPECT_THROW(tokenizer.decode_token(id), UsageError);
    EXPECT_THROW(tokenizer.decode(std::vector{1, id}, SpecialTokens::add), UsageError);
    EXPECT_FALSE(tokenizer.contains(id));
    EXPECT_FALSE(tokenizer.is_special(id));
  }
}

TEST(Tokenizer, FindsPiecesAndOnlyThose) {
  const Tokenizer tokenizer = Tokenizer::from_json(kThreeWords, "words");
  EXPECT_EQ(tokenizer.id_of("be"), 2);
  EXPECT_EQ(tokenizer.id_of("bee"), std::nullopt);
  EXPECT_EQ(tokenizer.id_of(""), std::nullopt);
  EXPECT_EQ(tokenizer.id_of("\xFF"), std::nullopt);
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{}, SpecialTokens::add), "");
}

TEST(Tokenizer, MovesAndIsUsableFromManyThreads) {
  Tokenizer first = Tokenizer::from_json(kThreeWords, "words");
  const Tokenizer tokenizer = std::move(first);
  std::vector<int> agreed(8);
  {
    std::vector<std::jthread> threads;
    for (int& count : agreed) {
      threads.emplace_back([&tokenizer, &count] {
        for (int i = 0; i < 200; ++i) {
          count += tokenizer.encode("to be", SpecialTokens::add).ids == std::vector{1, 2};
        }
      });
    }
  }
  EXPECT_THAT(agreed, testing::Each(200));
}

}  // namespace
}  // namespace headlens
