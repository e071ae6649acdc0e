#include "headlens/probing/tasks.h"

#include <gtest/gtest.h>

#include <map>

#include "headlens/base/errors.h"
#include "headlens/probing/word_spans.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

std::filesystem::path shared(std::string_view name) {
  return std::filesystem::path(HEADLENS_SHARED_DATA) / name;
}

TEST(Tasks, LabPosIsTheTextsEightSentences) {
  const auto corpus = open_corpus({.task = "lab-pos"});
  EXPECT_EQ(corpus->info().task, "lab-pos");
  EXPECT_THAT(corpus->info().columns, ::testing::ElementsAre("upos"));
  const auto sentences = read_all(*corpus);
  ASSERT_EQ(sentences.size(), 8u);
  std::map<std::string, int> counts;
  for (const LabelledSentence& sentence : sentences) {
    EXPECT_EQ(sentence.words.size(), 5u);
    for (const LabelledWord& word : sentence.words) ++counts[show(word.labels[0])];
  }
  // Counted by hand in the text.
  EXPECT_EQ(
      counts,
      (std::map<std::string, int>{
          {"ADJ", 3}, {"ADP", 3}, {"ADV", 4}, {"DET", 6}, {"NOUN", 13}, {"PRON", 3}, {"VERB", 8}}));
  EXPECT_EQ(sentences[2].text, "She quickly ran home today");
  EXPECT_EQ(show(sentences[2].words[3].labels[0]), "NOUN");
  EXPECT_EQ(slice(sentences[2].text, sentences[2].words[3].span), "home");
}

TEST(Tasks, Refusals) {
  const std::vector<std::pair<CorpusRequest, std::string>> cases = {
      {{.task = "sentiment"}, "there is no task sentiment; the tasks are upos"},
      {{.task = "upos"}, "needs data"},
      {{.task = "upos", .data = "x.csv"}, "needs a treebank"},
      {{.task = "bigram-shift", .data = "x.txt"}, "needs a treebank"},
      {{.task = "sarcasm"}, "needs data"},
      {{.task = "lab-pos", .data = "x.csv"}, "takes no data"},
      {{.task = "lab-pos", .columns = {"upos"}}, "not both"},
      {{}, "what to read?"},
      {{.data = "x.pdf"}, "what kind of data"},
      {{.data = "x.iob2", .columns = {"upos"}}, "is entity"},
      {{.data = "x.txt", .columns = {"upos"}}, "no labels"},
      {{.data = "x.csv", .where = "a"}, "COLUMN=VALUE"}};
  for (const auto& [request, problem] : cases) {
    EXPECT_THAT([&request = request] { open_corpus(request); }, refuses_with<UsageError>(problem))
        << problem;
  }
  EXPECT_THAT([] { open_corpus({.task = "upos", .data = "nowhere.conllu"}); },
              refuses_with<FormatError>("nowhere.conllu", "no such file"));
}

/// Every task on real data: each sentence is read and each word lies in its text.
TEST(Tasks, RealData) {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"upos", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"feat:Number", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"depth", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"tree-depth", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"sentence-boundary", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"bigram-shift", "ud_ewt/en_ewt-ud-dev.conllu"},
      {"upos", "gum_open/gum_open-dev.conllu"},
      {"entities", "wnut17/wnut17train.conll"},
      {"entities", "wnut17/emerging.dev.conll"},
      {"entities", "uner_ewt/en_ewt-ud-dev.iob2"},
      {"sarcasm", "isarcasmeval/train.En.csv"}};
  for (const auto& [task, name] : all) {
    if (!std::filesystem::exists(shared(name))) GTEST_SKIP() << name << " is not there";
    const auto corpus = open_corpus({.task = task, .data = shared(name)});
    std::int64_t sentences = 0;
    while (const auto sentence = corpus->next()) {
      ++sentences;
      const std::int64_t length = code_points(sentence->text);
      for (const LabelledWord& word : sentence->words) {
        ASSERT_LT(word.span.begin, word.span.end);
        ASSERT_LE(word.span.end, length);
      }
    }
    EXPECT_GT(sentences, 300) << task << " of " << name;
  }
}

TEST(Tasks, ProbingTables) {
  const auto file = shared("ud_probing/sentence_probes.tsv");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "../shared/data/ud_probing is not there";
  const auto corpus = open_corpus({.data = file,
                                   .columns = {"sent_len", "root_tense"},
                                   .text_column = "tokens",
                                   .where = "split=dev"});
  const auto sentences = read_all(*corpus);
  EXPECT_GT(sentences.size(), 1000u);
  EXPECT_LT(sentences.size(), 3000u);
}

}  // namespace
}  // namespace headlens
