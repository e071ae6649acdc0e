#include "headlens/tokenizers/tokenizer.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

TEST(Tokenizer, RefusesTextThatIsNoTokenizer) {
  EXPECT_THROW(Tokenizer::from_json("{", "broken.json"), FormatError);
  EXPECT_THROW(Tokenizer::from_json("", "empty.json"), FormatError);
  EXPECT_THROW(Tokenizer::from_json("{\"model\": {\"type\": \"Riddle\"}}", "riddle.json"),
               FormatError);
  EXPECT_THROW(Tokenizer::from_file("no/such/tokenizer.json"), FormatError);
}

}  // namespace
}  // namespace headlens
