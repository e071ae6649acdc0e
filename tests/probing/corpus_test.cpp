#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/probing/entity_corpus.h"
#include "headlens/probing/json_lines_corpus.h"
#include "headlens/probing/table_corpus.h"
#include "headlens/probing/text_corpus.h"
#include "headlens/probing/word_spans.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

class Corpus : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view name, std::string_view text) const {
    folder_.write(name, text);
    return folder_.path() / name;
  }

  TemporaryDirectory folder_;
};

std::vector<std::string> words_of(const LabelledSentence& sentence) {
  std::vector<std::string> words;
  for (const LabelledWord& word : sentence.words) {
    words.push_back(std::string(slice(sentence.text, word.span)) + " " + show(word.labels.at(0)));
  }
  return words;
}

TEST_F(Corpus, Entities) {
  EntityCorpus corpus(write("x.conll",
                            "New\tB-loc\nYork\tI-loc\n\n# text = a b\n"
                            "# sent_id = s\na\tO\nb\tB-x\n"));
  const auto sentences = read_all(corpus);
  EXPECT_EQ(sentences.at(0).text, "New York");
  EXPECT_THAT(words_of(sentences[0]), ElementsAre("New B-loc", "York I-loc"));
  EXPECT_THAT(words_of(sentences[1]), ElementsAre("a O", "b B-x"));
  EXPECT_EQ(sentences[1].id, "s");
  EXPECT_EQ(sentences[1].words[1].line, 7);
}

TEST_F(Corpus, Tables) {
  const auto file = write("x.csv", "id,text,label,score\n1,\"a, b\",yes,2.5\n2,c,,\n3,,no,1\n");
  TableCorpus classes(file, {.labels = {"label", "score"}});
  const auto sentences = read_all(classes);
  ASSERT_EQ(sentences.size(), 2u) << "a row without text is left out";
  EXPECT_EQ(sentences[0].text, "a, b");
  EXPECT_EQ(sentences[0].labels, (std::vector<Label>{"yes", "2.5"}));
  EXPECT_FALSE(has_label(sentences[1].labels[0]));
  TableCorpus real(file, {.labels = {"score"}, .real_values = true});
  EXPECT_EQ(read_all(real)[0].labels, (std::vector<Label>{2.5}));
  TableCorpus some(file, {.labels = {"label"}, .where = std::pair("id", "2")});
  EXPECT_EQ(read_all(some).at(0).text, "c");
  TableCorpus pairs(file, {.text = "text", .second_text = "label", .labels = {"score"}});
  EXPECT_EQ(pairs.info().unit, LabelUnit::pair);
  EXPECT_EQ(read_all(pairs).at(0).second_text, "yes");
}

TEST_F(Corpus, TablesThatAreWrong) {
  const auto file = write("x.csv", "text,label\na,high\n");
  EXPECT_THAT([&] { TableCorpus corpus(file, {.text = "tweet", .labels = {"label"}}); },
              refuses_with<UsageError>("no column tweet", "text, label"));
  TableCorpus real(file, {.labels = {"label"}, .real_values = true});
  EXPECT_THAT([&] { real.next(); },
              refuses_with<FormatError>("x.csv, line 2", "the label high is no number"));
}

TEST_F(Corpus, PlainText) {
  TextCorpus corpus(write("x.txt", "a b\n \n\nc\r\n"));
  const auto sentences = read_all(corpus);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[1].text, "c");
  EXPECT_EQ(sentences[1].line, 4);
}

TEST_F(Corpus, JsonLinesOfSentencesAndPairs) {
  JsonLinesCorpus corpus(write("x.jsonl", R"({"text": "a", "y": "p"})"
                                          "\n"
                                          R"({"text": "b", "y": 1.5, "id": "i", "document": "d"})"
                                          "\n"
                                          R"({"text": "c", "y": true})"),
                         {"y"});
  const auto sentences = read_all(corpus);
  EXPECT_EQ(
      show(sentences[0].labels[0]) + show(sentences[1].labels[0]) + show(sentences[2].labels[0]),
      "p1.5true");
  EXPECT_EQ(sentences[1].id + sentences[1].document, "id");
  JsonLinesCorpus pairs(write("p.jsonl", R"({"text": "a", "second_text": "b", "y": "p"})"), {"y"});
  EXPECT_EQ(pairs.info().unit, LabelUnit::pair);
  EXPECT_EQ(read_all(pairs).at(0).second_text, "b");
}

TEST_F(Corpus, JsonLinesOfWordsAndSpans) {
  JsonLinesCorpus words(
      write("w.jsonl", R"({"words": ["is", "n't"], "tag": ["V", null]})"
                       "\n"
                       R"({"words": ["is", "n't"], "text": "isn't", "tag": ["V", "P"]})"),
      {"tag"});
  const auto sentences = read_all(words);
  EXPECT_EQ(sentences.at(0).text, "is n't");
  EXPECT_THAT(words_of(sentences[0]), ElementsAre("is V", "n't -"));
  EXPECT_EQ(sentences[1].words[1].span, (CharSpan{2, 5}));
  JsonLinesCorpus spans(
      write(
          "s.jsonl",
          R"({"text": "é New York", "spans": [{"begin": 2, "end": 10, "e": "LOC"}, {"begin": 0, "end": 10, "e": "X"}]})"),
      {"e"});
  EXPECT_THAT(words_of(read_all(spans).at(0)), ElementsAre("New York LOC", "é New York X"));
}

TEST_F(Corpus, JsonLinesThatAreWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"words": ["a", "b"], "tag": ["X"]})", "tag has length 1, words has length 2"},
      {R"({"words": ["a"], "tag": [[]]})", "a label must be"},
      {R"({"words": ["a"]})", "tag is missing"},
      {R"({"words": [1], "tag": ["X"]})", "a word must be a string"},
      {R"({"words": [""], "tag": ["X"]})", "a word must be a string"},
      {R"({"words": [], "tag": []})", "has no word"},
      {R"({"words": ["a"], "text": "b", "tag": ["X"]})", "does not go on with the word a"},
      {R"({"text": "abc", "spans": [{"begin": 2, "end": 4, "tag": "X"}]})", "does not lie in"},
      {R"({"text": "abc", "spans": [{"begin": -1, "end": 2, "tag": "X"}]})", "does not lie in"},
      {R"({"text": "abc", "spans": [{"begin": 2, "end": 2, "tag": "X"}]})", "does not lie in"},
      {R"({"text": "abc", "spans": [{"begin": 0, "end": 2}]})", "tag is missing"},
      {R"({"text": "abc", "spans": [1]})", "an object with the key"},
      {R"({"text": "", "tag": "X"})", "empty"},
      {R"({"tag": "X"})", "text is missing"}};
  for (const auto& [line, problem] : cases) {
    const auto file = write("bad.jsonl", "\n" + line);
    EXPECT_THAT(
        [&] {
          JsonLinesCorpus corpus(file, {"tag"});
          read_all(corpus);
        },
        refuses_with<FormatError>("bad.jsonl, line 2", problem))
        << line;
  }
  const auto mixed = write("mixed.jsonl", "{\"text\": \"a\", \"tag\": 1}\n{\"words\": []}\n");
  EXPECT_THAT(
      [&] {
        JsonLinesCorpus corpus(mixed, {"tag"});
        read_all(corpus);
      },
      refuses_with<FormatError>("line 2", "the first line labels a sentence"));
}

/// A harvest of some rows must not be gone on with as one of others.
TEST(TableCorpus, SaysWhichTextsAndRowsItReads) {
  const TemporaryDirectory folder;
  folder.write("t.csv", "a,b,split,x\none,two,train,1\nthree,four,dev,0\n");
  const auto file = folder.path() / "t.csv";
  const auto reading = [&](const TableColumns& columns) {
    return TableCorpus(file, columns).info().reading;
  };
  const std::string all = reading({.text = "a", .labels = {"x"}});
  const std::string dev = reading({.text = "a", .labels = {"x"}, .where = {{"split", "dev"}}});
  const std::string other = reading({.text = "b", .labels = {"x"}});
  EXPECT_NE(all, dev);
  EXPECT_NE(all, other);
  EXPECT_NE(all, reading({.text = "a", .second_text = "b", .labels = {"x"}}));
}

}  // namespace
}  // namespace headlens
