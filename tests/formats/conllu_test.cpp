#include "headlens/formats/conllu.h"

#include <gtest/gtest.h>

#include <fstream>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;

constexpr const char* kExample =
    "# newdoc id = letters\n"
    "# sent_id = one\n"
    "# text = She didn't.\n"
    "1\tShe\tshe\tPRON\tPRP\tCase=Nom|Number=Sing\t3\tnsubj\t3:nsubj\t_\n"
    "2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
    "2\tdid\tdo\tAUX\tVBD\tTense=Past\t3\taux\t_\t_\n"
    "3\tn't\tnot\tPART\t_\t_\t0\troot\t_\t_\n"
    "3.1\tgo\tgo\tVERB\t_\t_\t_\t_\t3:dep\t_\n"
    "4\t.\t.\tPUNCT\t.\t_\t3\tpunct\t_\tFoo=Bar|SpaceAfter=No\n"
    "\n"
    "# sent_id = two\n"
    "1\t_\t_\tSYM\t_\t_\t_\t_\t_\t_\n";

TEST(Conllu, ReadsWordsTokensAndEmptyNodes) {
  ConlluReader reader(kExample, "x.conllu");
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->line, 1);
  EXPECT_EQ(first->sent_id, "one");
  EXPECT_EQ(first->text, "She didn't.");
  EXPECT_EQ(first->document, "letters");
  ASSERT_EQ(first->words.size(), 4u);
  const ConlluWord& she = first->words[0];
  EXPECT_THAT((std::vector{she.form, she.lemma, she.upos, she.xpos, she.deprel, she.deps}),
              ElementsAre("She", "she", "PRON", "PRP", "nsubj", "3:nsubj"));
  EXPECT_EQ(she.head, 3);
  EXPECT_EQ(she.line, 4);
  EXPECT_EQ(she.feature("Number"), "Sing");
  EXPECT_EQ(she.feature("Num"), std::nullopt);
  EXPECT_EQ(first->words[2].xpos, "");
  EXPECT_EQ(first->words[2].line, 7);
  ASSERT_EQ(first->tokens.size(), 3u);
  EXPECT_EQ(first->tokens[1].form, "didn't");
  EXPECT_EQ(first->tokens[1].first_word, 1u);
  EXPECT_EQ(first->tokens[1].word_count, 2u);
  EXPECT_FALSE(first->tokens[1].space_after);
  EXPECT_TRUE(first->tokens[0].space_after);
  EXPECT_FALSE(first->tokens[2].space_after);
  ASSERT_EQ(first->empty_nodes.size(), 1u);
  EXPECT_EQ(first->empty_nodes[0].after, 3);
  EXPECT_EQ(first->empty_nodes[0].form, "go");

  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->line, 11);
  EXPECT_EQ(second->document, "letters");
  EXPECT_EQ(second->words[0].form, "_");
  EXPECT_EQ(second->words[0].head, std::nullopt);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(Conllu, WindowsLinesAndManyEmptyOnes) {
  std::string text = "\xEF\xBB\xBF\n\n";
  for (const char c : std::string(kExample) + "\n\n\n")
    text += c == '\n' ? "\r\n" : std::string(1, c);
  ConlluReader reader(text, "x.conllu");
  EXPECT_EQ(reader.next()->words.back().misc, "Foo=Bar|SpaceAfter=No");
  EXPECT_EQ(reader.next()->line, 13);
  EXPECT_FALSE(reader.next());
}

std::string row(const std::string& id, const std::string& head = "_") {
  return id + "\tw\tw\tX\t_\t_\t" + head + "\tdep\t_\t_\n";
}

TEST(Conllu, RefusalsNameTheLine) {
  const std::vector<std::array<std::string, 3>> cases = {
      {row("1") + "2\tw\n", "line 2", "2 columns"},
      {row("2"), "line 1", "where word 1 comes next"},
      {row("1") + row("1"), "line 2", "where word 2"},
      {row("1") + row("99999999999999999999"), "line 2", "where word 2"},
      {row("1", "2"), "line 1", "the head is word 2, but the sentence has 1"},
      {row("1", "1"), "line 1", "its own head"},
      {row("1", "-1"), "line 1", "is no number"},
      {row("1", "x"), "line 1", "the head x"},
      {"# text = a\n\n", "line 1", "without a word"},
      {row("1") + "# text = a\n", "line 2", "comment after"},
      {row("1-1") + row("1"), "line 1", "no range"},
      {row("2-3") + row("1"), "line 1", "where word 1"},
      {row("1-3") + row("1"), "line 2", "within a multiword token"},
      {row("1-2") + row("1-2"), "line 2", "where word 1"},
      {row("1") + row("1.2"), "line 2", "1.1 comes next"},
      {row("2.1"), "line 1", "0.1 comes next"},
      {"1\t\tw\tX\t_\t_\t0\tdep\t_\t_\n", "line 1", "empty column"},
      {"1\tw\tw\tX\t_\tTense\t0\tdep\t_\t_\n", "line 1", "not NAME=VALUE"},
      {row("1") + "\n" + row("1") + "\xff\n", "line 4", "UTF-8"}};
  for (const auto& [text, line, problem] : cases) {
    const auto read_all = [&text = text] {
      ConlluReader reader(text, "bad.conllu");
      while (reader.next()) {
      }
    };
    EXPECT_THAT(read_all, fails_with<FormatError>("bad.conllu, " + line, problem)) << text;
  }
}

TEST(Conllu, CutAnywhereItReadsOrRefuses) {
  const std::string whole = kExample;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    try {
      ConlluReader reader(whole.substr(0, size), "cut.conllu");
      while (reader.next()) {
      }
    } catch (const FormatError&) {
    }
  }
}

TEST(Conllu, FilesThatAreNone) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT([&] { ConlluReader reader(folder.path() / "nowhere"); },
              fails_with<FormatError>("nowhere", "no such file"));
  EXPECT_THAT([&] { ConlluReader reader(folder.path()); }, fails_with<FormatError>("regular file"));
}

/// Sentences, words, multiword tokens and empty nodes as the treebank's own README counts them.
TEST(Conllu, EnglishWebTreebank) {
  const std::filesystem::path file =
      std::filesystem::path(HEADLENS_SHARED_DATA) / "ud_ewt" / "en_ewt-ud-dev.conllu";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file.string() + " is not there";
  ConlluReader reader(file);
  std::int64_t sentences = 0, words = 0;
  while (const auto sentence = reader.next()) {
    ++sentences;
    words += static_cast<std::int64_t>(sentence->words.size());
  }
  EXPECT_EQ(sentences, 2001);
  EXPECT_EQ(words, 25147);
}

}  // namespace
}  // namespace headlens
