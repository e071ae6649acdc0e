#include "headlens/probing/treebank_corpus.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/probing/bigram_shift.h"
#include "headlens/probing/sentence_boundary.h"
#include "headlens/probing/word_spans.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

/// "She didn't see cats." and "Im Haus" ("Im" is "in dem"), of two documents.
constexpr const char* kTreebank =
    "# newdoc id = a\n"
    "# sent_id = a1\n"
    "# text = She didn't see cats.\n"
    "1\tShe\tshe\tPRON\tPRP\tNumber=Sing\t4\tnsubj\t_\t_\n"
    "2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tdid\tdo\tAUX\tVBD\tTense=Past\t4\taux\t_\t_\n"
    "3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_\n"
    "4\tsee\tsee\tVERB\tVB\tTense=Pres\t0\troot\t_\t_\n"
    "5\tcats\tcat\tNOUN\tNNS\tNumber=Plur\t4\tobj\t_\tSpaceAfter=No\n"
    "6\t.\t.\tPUNCT\t.\t_\t5\tpunct\t_\t_\n"
    "\n"
    "# newdoc id = b\n"
    "# sent_id = b1\n"
    "1-2\tIm\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "1\tin\tin\tADP\t_\t_\t3\tcase\t_\t_\n"
    "2\tdem\tder\tDET\t_\t_\t3\tdet\t_\t_\n"
    "3\tHaus\tHaus\tNOUN\t_\t_\t0\troot\t_\tSpaceAfter=No\n"
    "\n";

class Treebank : public ::testing::Test {
 protected:
  Treebank() { folder_.write("x.conllu", kTreebank); }

  std::filesystem::path file(std::string_view name = "x.conllu") const {
    return folder_.path() / name;
  }
  std::vector<LabelledSentence> read(std::vector<std::string> columns) const {
    TreebankCorpus corpus(file(), std::move(columns));
    return read_all(corpus);
  }
  /// The labels of all words in a column.
  std::vector<std::string> words(const std::string& column) const {
    std::vector<std::string> labels;
    for (const LabelledSentence& sentence : read({column})) {
      for (const LabelledWord& word : sentence.words) labels.push_back(show(word.labels.at(0)));
    }
    return labels;
  }
  std::vector<std::string> sentences(const std::string& column) const {
    std::vector<std::string> labels;
    for (const LabelledSentence& sentence : read({column})) {
      labels.push_back(show(sentence.labels.at(0)));
    }
    return labels;
  }

  TemporaryDirectory folder_;
};

TEST_F(Treebank, LabelsOfWords) {
  EXPECT_THAT(words("upos"),
              ElementsAre("PRON", "AUX", "PART", "VERB", "NOUN", "PUNCT", "ADP", "DET", "NOUN"));
  EXPECT_THAT(words("xpos"), ElementsAre("PRP", "VBD", "RB", "VB", "NNS", ".", "-", "-", "-"));
  EXPECT_THAT(words("feat:Tense"), ElementsAre("-", "Past", "-", "Pres", "-", "-", "-", "-", "-"));
  EXPECT_THAT(words("deprel"),
              ElementsAre("nsubj", "aux", "advmod", "root", "obj", "punct", "case", "det", "root"));
  EXPECT_THAT(words("depth"), ElementsAre("1", "1", "1", "0", "1", "2", "1", "1", "0"));
  EXPECT_THAT(words("head"), ElementsAre("4", "4", "4", "0", "4", "5", "3", "3", "0"));
  EXPECT_THAT(words("head-distance"), ElementsAre("3", "2", "1", "-", "1", "1", "2", "1", "-"));
}

TEST_F(Treebank, LabelsOfSentences) {
  EXPECT_THAT(sentences("sentence-length"), ElementsAre("6", "3"));
  EXPECT_THAT(sentences("tree-depth"), ElementsAre("2", "1"));
  EXPECT_THAT(sentences("tense"), ElementsAre("Pres", "-"));
  EXPECT_THAT(sentences("number"), ElementsAre("Sing", "-"));
  EXPECT_THAT(sentences("object-number"), ElementsAre("Plur", "-"));
}

TEST_F(Treebank, PlacesOfWords) {
  const std::vector<LabelledSentence> read_sentences = read({"upos", "depth"});
  std::vector<std::string> forms;
  for (const LabelledSentence& sentence : read_sentences) {
    for (const LabelledWord& word : sentence.words) {
      forms.emplace_back(slice(sentence.text, word.span));
      EXPECT_EQ(word.labels.size(), 2u);
    }
  }
  EXPECT_THAT(forms, ElementsAre("She", "did", "n't", "see", "cats", ".", "Im", "Im", "Haus"));
  EXPECT_EQ(read_sentences[0].line, 1);
  EXPECT_EQ(read_sentences[0].words[4].line, 9);
  EXPECT_EQ(read_sentences[1].text, "Im Haus");
  EXPECT_EQ(read_sentences[1].document, "b");
}

TEST_F(Treebank, SentenceBoundariesStayInTheirDocument) {
  folder_.write("y.conllu", std::string(kTreebank) + "1\tJa\tja\tINTJ\t_\t_\t0\troot\t_\t_\n");
  SentenceBoundaryCorpus corpus(file("y.conllu"));
  const std::vector<LabelledSentence> texts = read_all(corpus);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[1].text, "Im Haus Ja");
  std::vector<std::string> labels;
  for (const LabelledWord& word : texts[1].words) {
    labels.push_back(std::string(slice(texts[1].text, word.span)) + " " + show(word.labels[0]));
  }
  EXPECT_THAT(labels, ElementsAre("Im inside", "Im inside", "Haus end", "Ja end"));
  EXPECT_EQ(show(texts[0].words.back().labels[0]), "end");
}

TEST_F(Treebank, BigramShiftSwapsTwoNeighbours) {
  std::string many;
  for (int i = 0; i < 60; ++i) many += kTreebank;
  many += "1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n2\ta\ta\tX\t_\t_\t1\tdep\t_\t_\n\n";
  folder_.write("many.conllu", many);
  const auto read_shifted = [&](std::uint64_t seed) {
    BigramShiftCorpus corpus(file("many.conllu"), seed);
    return read_all(corpus);
  };
  const std::vector<LabelledSentence> shifted = read_shifted(7);
  ASSERT_EQ(shifted.size(), 120u) << "the last sentence has no two words that differ";
  const std::vector<std::string> whole = {"She didn't see cats .", "Im Haus"};
  const std::vector<std::vector<std::string>> swapped = {
      {"didn't She see cats .", "She see didn't cats .", "She didn't cats see .",
       "She didn't see . cats"},
      {"Haus Im"}};
  int count = 0;
  for (std::size_t i = 0; i < shifted.size(); ++i) {
    const bool is_shifted = show(shifted[i].labels[0]) == "I";
    count += is_shifted ? 1 : 0;
    if (is_shifted) {
      EXPECT_THAT(swapped[i % 2], ::testing::Contains(shifted[i].text));
    } else {
      EXPECT_EQ(shifted[i].text, whole[i % 2]);
    }
  }
  EXPECT_GT(count, 40);
  EXPECT_LT(count, 80);
  const auto texts = [](const std::vector<LabelledSentence>& list) {
    std::string all;
    for (const LabelledSentence& sentence : list) all += sentence.text + "\n";
    return all;
  };
  EXPECT_EQ(texts(read_shifted(7)), texts(shifted));
  EXPECT_NE(texts(read_shifted(8)), texts(shifted));
}

TEST_F(Treebank, Refusals) {
  EXPECT_THAT([&] { read({"colour"}); }, refuses_with<UsageError>("no column colour", "feat:NAME"));
  EXPECT_THAT([&] { read({"feat:"}); }, refuses_with<UsageError>("no column feat:"));
  EXPECT_THAT([&] { read({}); }, refuses_with<UsageError>("which labels"));
  EXPECT_THAT([&] { read({"upos", "tense"}); }, refuses_with<UsageError>("together"));
}

TEST_F(Treebank, DataThatContradictThemselves) {
  const auto refuse = [&](const std::string& text, const std::string& column, const auto& matcher) {
    folder_.write("bad.conllu", text);
    EXPECT_THAT(
        [&] {
          TreebankCorpus corpus(file("bad.conllu"), {column});
          read_all(corpus);
        },
        matcher)
        << text;
  };
  const auto row = [](int id, const std::string& head) {
    return std::to_string(id) + "\tw\tw\tX\t_\t_\t" + head + "\tdep\t_\t_\n";
  };
  refuse("# text = v\n" + row(1, "0"), "upos",
         refuses_with<FormatError>("bad.conllu, line 1", "does not go on with the word w"));
  refuse(row(1, "2") + row(2, "1"), "depth",
         refuses_with<FormatError>("line 1", "round in a circle"));
  refuse(row(1, "_"), "depth", refuses_with<FormatError>("line 1", "no head"));
}

}  // namespace
}  // namespace headlens
