#include "headlens/probing/treebank_trees.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/probing/probe_data.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

/// Words with heads and parts of speech; a head of -1 is no label.
ListedCorpus corpus_of(
    const std::vector<std::vector<std::tuple<std::string, int, std::string>>>& sentences) {
  std::vector<LabelledSentence> made;
  for (const auto& words : sentences) {
    LabelledSentence& sentence = made.emplace_back();
    sentence.line = 10 * std::ssize(made);
    for (const auto& [form, head, upos] : words) {
      if (!sentence.text.empty()) sentence.text += " ";
      const auto begin = std::ssize(sentence.text);
      sentence.text += form;
      LabelledWord word{.span = {begin, std::ssize(sentence.text)}, .line = sentence.line};
      word.labels = {head < 0 ? Label() : Label(static_cast<double>(head)), Label(upos)};
      sentence.words.push_back(word);
    }
  }
  return ListedCorpus({.task = "trees", .data = "a.conllu", .columns = {"head", "upos"}},
                      std::move(made));
}

class TreebankTrees : public ::testing::Test {
 protected:
  TreebankTrees() {
    write_tiny_model(model_, "gpt2");
    session_.emplace(Session::open(model_.path().string()));
  }

  Harvest make(ListedCorpus corpus) {
    return harvested(*session_, corpus, {.sites = {site_}}, folder_.path());
  }

  TemporaryDirectory model_, folder_;
  std::optional<Session> session_;
  const Site site_{SiteKind::resid_pre, 1};
};

TEST_F(TreebankTrees, HaveHeadsPunctuationAndRows) {
  const auto corpus = [] {
    return corpus_of(
        {{{"the", 2, "DET"}, {"cat", 0, "NOUN"}, {".", 2, "PUNCT"}}, {{"sat", 0, "VERB"}}});
  };
  const Harvest harvest = make(corpus());
  ListedCorpus again = corpus();
  std::int64_t skipped = -1;
  const Trees trees = trees_of(harvest, again, skipped);
  EXPECT_EQ(skipped, 0);
  EXPECT_THAT(trees.begins, ElementsAre(0, 3, 4));
  EXPECT_THAT(trees.lines, ElementsAre(10, 20));
  EXPECT_THAT(trees.heads, ElementsAre(2, 0, 2, 0));
  EXPECT_THAT(trees.kept, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(trees.forms, ElementsAre("the", "cat", ".", "sat"));
  EXPECT_THAT(trees.rows, ElementsAre(0, 1, 2, 3));
  const std::vector<std::int64_t> second{1};
  const Trees some = select_trees(trees, second);
  EXPECT_THAT(some.rows, ElementsAre(3));
  EXPECT_THAT(some.begins, ElementsAre(0, 1));
  const Tensor all = harvest.read_states(site_), own = states_of(some, harvest, site_);
  ASSERT_EQ(own.size(0), 1);
  for (std::int64_t j = 0; j < own.size(1); ++j) {
    EXPECT_EQ(own.data()[j], all.data()[3 * all.size(1) + j]);
  }
}

/// A sentence that lacks a word has no tree: numbers of heads would mean other words.
TEST_F(TreebankTrees, PassOverSentencesThatLackAWord) {
  const Harvest harvest = make(
      corpus_of({{{"the", 2, "DET"}, {"cat", 0, "NOUN"}}, {{"a", 2, "DET"}, {"dog", 0, "NOUN"}}}));
  ListedCorpus whole = corpus_of({{{"the", 2, "DET"}, {"cat", 0, "NOUN"}},
                                  {{"a", 2, "DET"}, {"dog", 0, "NOUN"}, {"\u200b", 2, "X"}}});
  std::int64_t skipped = 0;
  const Trees trees = trees_of(harvest, whole, skipped);
  EXPECT_EQ(skipped, 1);
  EXPECT_THAT(trees.forms, ElementsAre("the", "cat"));
}

TEST_F(TreebankTrees, NameTheLineOfWhatIsNoTree) {
  const auto round = [] { return corpus_of({{{"the", 2, "DET"}, {"cat", 1, "NOUN"}}}); };
  const Harvest harvest = make(round());
  ListedCorpus again = round();
  std::int64_t skipped = 0;
  EXPECT_THAT([&] { trees_of(harvest, again, skipped); },
              refuses_with<FormatError>("a.conllu, line 10", "0"));
}

TEST_F(TreebankTrees, NeedTheirColumns) {
  ListedCorpus corpus = length_corpus({"the cat"}), again = length_corpus({"the cat"});
  const Harvest harvest = harvested(*session_, corpus, {.sites = {site_}}, folder_.path());
  std::int64_t skipped = 0;
  EXPECT_THAT([&] { trees_of(harvest, again, skipped); },
              refuses_with<UsageError>("head and upos"));
}

}  // namespace
}  // namespace headlens
