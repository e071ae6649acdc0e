#include "headlens/probing/grammar_corpus.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/probing/tree_labels.h"
#include "headlens/probing/word_spans.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

constexpr int kSentences = 400;

const std::map<std::string, std::string> kPronouns = {
    {"Anna", "she"},  {"Peter", "he"},  {"Maria", "she"}, {"David", "he"},
    {"Laura", "she"}, {"Martin", "he"}, {"Helen", "she"}, {"Thomas", "he"}};

TEST(Grammar, TreesHaveOneRootAndDoNotCross) {
  Grammar grammar(3);
  for (int i = 0; i < kSentences; ++i) {
    const ConlluSentence tree = grammar.next().tree;
    int roots = 0;
    for (const ConlluWord& word : tree.words) roots += word.head == 0 ? 1 : 0;
    ASSERT_EQ(roots, 1);
    ASSERT_NO_THROW(word_labels(tree, "depth", "x"));
    const int count = static_cast<int>(tree.words.size());
    for (int a = 1; a <= count; ++a) {
      for (int b = 1; b <= count; ++b) {
        const auto [a1, a2] = std::minmax(a, *tree.words[a - 1].head);
        const auto [b1, b2] = std::minmax(b, *tree.words[b - 1].head);
        ASSERT_FALSE(a1 < b1 && b1 < a2 && a2 < b2) << "edges cross";
      }
    }
  }
}

TEST(Grammar, PronounsReferToWhatTheyCanStandFor) {
  Grammar grammar(4);
  std::set<std::string> seen;
  for (int i = 0; i < kSentences; ++i) {
    const GrammarSentence sentence = grammar.next();
    const auto& words = sentence.tree.words;
    for (std::size_t w = 0; w < words.size(); ++w) {
      ASSERT_EQ(sentence.antecedents[w] != 0, words[w].upos == "PRON");
      if (words[w].upos != "PRON") continue;
      const ConlluWord& antecedent =
          words.at(static_cast<std::size_t>(sentence.antecedents[w]) - 1);
      ASSERT_LT(sentence.antecedents[w], static_cast<int>(w) + 1);
      seen.insert(words[w].form);
      if (words[w].form == "it" || words[w].form == "them") {
        ASSERT_EQ(antecedent.upos, "NOUN");
        ASSERT_EQ(antecedent.feature("Number"), words[w].form == "it" ? "Sing" : "Plur");
      } else {
        ASSERT_EQ(kPronouns.at(antecedent.form), words[w].form);
      }
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"he", "it", "she", "them"}));
}

TEST(Grammar, WordsDoNotTellTheirPartOfSpeech) {
  Grammar grammar(5);
  std::map<std::string, std::set<std::string>> parts;
  for (int i = 0; i < kSentences; ++i) {
    for (const ConlluWord& word : grammar.next().tree.words) parts[word.form].insert(word.upos);
  }
  for (const char* form : {"saw", "rose", "felt"}) {
    EXPECT_EQ(parts[form], (std::set<std::string>{"NOUN", "VERB"})) << form;
  }
}

TEST(GrammarCorpus, TheSameForTheSameSeed) {
  const auto texts = [](std::uint64_t seed) {
    GrammarCorpus corpus("grammar-pos", {"upos", "entity", "coreference"}, seed, 50);
    std::string all = corpus.info().sha256;
    for (const LabelledSentence& sentence : read_all(corpus)) {
      all += sentence.text + "\n";
      for (const LabelledWord& word : sentence.words) {
        for (const Label& label : word.labels) all += show(label) + " ";
        const bool is_entity = show(word.labels[1]) != "O";
        const char first = slice(sentence.text, word.span)[0];
        EXPECT_EQ(is_entity, first >= 'A' && first <= 'Z') << sentence.text;
      }
    }
    return all;
  };
  EXPECT_EQ(texts(1), texts(1));
  EXPECT_NE(texts(1), texts(2));
}

TEST(GrammarCorpus, RefusesColumnsThatItDoesNotHave) {
  EXPECT_THAT([] { GrammarCorpus("x", {"tense"}, 0, 1); },
              refuses_with<UsageError>("no column tense"));
}

}  // namespace
}  // namespace headlens
