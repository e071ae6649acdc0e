#include "headlens/probing/lab_corpus.h"

#include <array>

#include "headlens/base/sha256.h"
#include "headlens/formats/split_fields.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

struct Row {
  std::string_view text, labels;
};

constexpr std::array<Row, 8> kRows = {{
    {"The dog chased the cat", "DET NOUN VERB DET NOUN"},
    {"A bird flew over trees", "DET NOUN VERB ADP NOUN"},
    {"She quickly ran home today", "PRON ADV VERB NOUN ADV"},
    {"Big waves crashed on shore", "ADJ NOUN VERB ADP NOUN"},
    {"They slowly walked to school", "PRON ADV VERB ADP NOUN"},
    {"My friend reads many books", "DET NOUN VERB DET NOUN"},
    {"The tall man opened doors", "DET ADJ NOUN VERB NOUN"},
    {"We often eat fresh food", "PRON ADV VERB ADJ NOUN"},
}};

}  // namespace

std::unique_ptr<LabelledCorpus> lab_corpus() {
  std::vector<LabelledSentence> sentences;
  std::string all;
  for (std::int64_t line = 1; const Row& row : kRows) {
    all.append(row.text).append("\t").append(row.labels).append("\n");
    const auto fields = split_blanks(row.text);
    const std::vector<std::string> words(fields.begin(), fields.end());
    const std::vector<std::string_view> labels = split_blanks(row.labels);
    LabelledSentence sentence{.line = line, .text = std::string(row.text)};
    const JoinedWords joined = join_words(words);
    for (std::size_t i = 0; i < words.size(); ++i) {
      sentence.words.push_back({joined.spans[i], {std::string(labels[i])}, line});
    }
    sentences.push_back(std::move(sentence));
    ++line;
  }
  return std::make_unique<ListedCorpus>(
      CorpusInfo{.task = "lab-pos",
                 .data = "lab-pos",
                 .sha256 = sha256_hex(std::as_bytes(std::span(all))),
                 .unit = LabelUnit::word,
                 .columns = {"upos"}},
      std::move(sentences));
}

}  // namespace headlens
