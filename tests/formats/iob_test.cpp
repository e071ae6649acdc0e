#include "headlens/formats/iob.h"

#include <gtest/gtest.h>

#include <map>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;

std::vector<std::string> tags(const IobSentence& sentence) {
  std::vector<std::string> tags;
  for (const IobToken& token : sentence.tokens) tags.push_back(token.form + " " + token.tag);
  return tags;
}

TEST(Iob, TwoColumnsWithBlankLinesBetween) {
  IobReader reader("@a\tO\nNew\tB-loc\nYork\tI-loc\n\t\n\n#\tO\n", "x.conll");
  const auto first = reader.next();
  EXPECT_THAT(tags(*first), ElementsAre("@a O", "New B-loc", "York I-loc"));
  EXPECT_EQ(first->tokens[2].line, 3);
  const auto second = reader.next();
  EXPECT_THAT(tags(*second), ElementsAre("# O"));
  EXPECT_EQ(second->line, 6);
  EXPECT_FALSE(reader.next());
}

TEST(Iob, NumberedColumnsWithComments) {
  IobReader reader(
      "# newdoc id = d\n# sent_id = s-1\n# text = in Tampa\n"
      "1\tin\tO\t-\t-\n2\tTampa\tB-LOC\t-\tann\n\n",
      "x.iob2");
  const auto sentence = reader.next();
  EXPECT_THAT(tags(*sentence), ElementsAre("in O", "Tampa B-LOC"));
  EXPECT_EQ(sentence->id, "s-1");
  EXPECT_EQ(sentence->text, "in Tampa");
  EXPECT_EQ(sentence->document, "d");
}

TEST(Iob, BlanksBetweenColumnsAndDocuments) {
  IobReader reader("-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\n# # # O\n\n", "x.conll");
  const auto sentence = reader.next();
  EXPECT_THAT(tags(*sentence), ElementsAre("EU B-ORG", "# O"));
  EXPECT_EQ(sentence->document, "document 1");
}

TEST(Iob, ColumnsThatAreNamed) {
  IobReader reader("a\tB-X\tO\n", "x", IobColumns{.token = 0, .tag = 1});
  EXPECT_THAT(tags(*reader.next()), ElementsAre("a B-X"));
}

TEST(Iob, RefusalsNameTheLine) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"a\tO\nb\tI-X\n", "line 2", "I-X continues no entity"},
      {"a\tB-Y\nb\tI-X\n", "line 2", "before it is B-Y"},
      {"a\tB-X\n\nb\tI-X\n", "line 3", "continues no entity"},
      {"a\tX\n", "line 1", "the tag X is not O"},
      {"a\tB-\n", "line 1", "the tag B-"},
      {"a\t\n", "line 1", "the tag"},
      {"a\n", "line 1", "1 columns"},
      {"a\tO\nb\n", "line 2", "1 columns"},
      {"a\tO\n\tO\n", "line 2", "without a token"}};
  for (const auto& [text, line, problem] : cases) {
    const auto read_all = [&text = text] {
      IobReader reader(text, "bad.conll");
      while (reader.next()) {
      }
    };
    EXPECT_THAT(read_all, fails_with<FormatError>("bad.conll, " + line, problem)) << text;
  }
}

/// Entities begun, counted with grep in the file.
TEST(Iob, UniversalNer) {
  const std::filesystem::path file =
      std::filesystem::path(HEADLENS_SHARED_DATA) / "uner_ewt" / "en_ewt-ud-dev.iob2";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "../shared/data/uner_ewt is not there";
  IobReader reader(file);
  std::map<std::string, int> counts;
  while (const auto sentence = reader.next()) {
    ++counts["sentences"];
    for (const IobToken& token : sentence->tokens) ++counts[token.tag];
  }
  EXPECT_EQ(counts["sentences"], 2001);
  EXPECT_EQ(counts["B-PER"], 343);
  EXPECT_EQ(counts["B-LOC"], 399);
  EXPECT_EQ(counts["B-ORG"], 224);
}

}  // namespace
}  // namespace headlens
