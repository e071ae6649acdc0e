#include "headlens/probing/tree_labels.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "headlens/base/errors.h"
#include "headlens/formats/line_reader.h"

namespace headlens {
namespace {

constexpr std::string_view kFeature = "feat:";
constexpr std::array<std::string_view, 7> kWordColumns = {"upos",  "xpos", "lemma",        "deprel",
                                                          "depth", "head", "head-distance"};
constexpr std::array<std::string_view, 5> kSentenceColumns = {"sentence-length", "tree-depth",
                                                              "tense", "number", "object-number"};

Label unless_empty(std::string text) {
  if (text.empty()) return {};
  return text;
}

Label feature(const ConlluWord& word, std::string_view name) {
  return unless_empty(word.feature(name).value_or(""));
}

std::vector<int> depths(const ConlluSentence& sentence, const std::filesystem::path& file) {
  const std::size_t count = sentence.words.size();
  std::vector<int> depths;
  for (const ConlluWord& word : sentence.words) {
    int depth = 0;
    for (const ConlluWord* at = &word; at->head != 0; ++depth) {
      if (!at->head) throw FormatError(place_of(file, at->line), "the word has no head");
      if (static_cast<std::size_t>(depth) == count) {
        throw FormatError(place_of(file, word.line), "the word's heads go round in a circle");
      }
      at = &sentence.words[static_cast<std::size_t>(*at->head) - 1];
    }
    depths.push_back(depth);
  }
  return depths;
}

Label word_label(const ConlluSentence& sentence, std::size_t i, std::string_view column) {
  const ConlluWord& word = sentence.words[i];
  if (column == "upos") return unless_empty(word.upos);
  if (column == "xpos") return unless_empty(word.xpos);
  if (column == "lemma") return unless_empty(word.lemma == "_" ? "" : word.lemma);
  if (column == "deprel") return unless_empty(word.deprel);
  if (column.starts_with(kFeature)) return feature(word, column.substr(kFeature.size()));
  if (!word.head) return {};
  const auto head = static_cast<double>(*word.head);
  if (column == "head") return head;
  if (*word.head == 0) return {};
  return std::abs(head - static_cast<double>(i + 1));
}

/// The Number of the first word that depends on a root by this relation.
Label number_of(const ConlluSentence& sentence, std::string_view relation) {
  for (const ConlluWord& word : sentence.words) {
    const std::string_view name = std::string_view(word.deprel).substr(0, word.deprel.find(':'));
    if (name != relation || word.head.value_or(0) == 0) continue;
    if (sentence.words[static_cast<std::size_t>(*word.head) - 1].head == 0) {
      return feature(word, "Number");
    }
  }
  return {};
}

}  // namespace

bool is_word_column(std::string_view column) {
  return std::ranges::find(kWordColumns, column) != kWordColumns.end() ||
         (column.starts_with(kFeature) && column.size() > kFeature.size());
}

bool is_sentence_column(std::string_view column) {
  return std::ranges::find(kSentenceColumns, column) != kSentenceColumns.end();
}

std::string tree_columns() {
  std::string text = "feat:NAME";
  for (const std::string_view column : kWordColumns) text.append(", ").append(column);
  for (const std::string_view column : kSentenceColumns) text.append(", ").append(column);
  return text;
}

std::vector<Label> word_labels(const ConlluSentence& sentence, std::string_view column,
                               const std::filesystem::path& file) {
  std::vector<Label> labels;
  if (column == "depth") {
    for (const int depth : depths(sentence, file)) labels.emplace_back(static_cast<double>(depth));
    return labels;
  }
  for (std::size_t i = 0; i < sentence.words.size(); ++i) {
    labels.push_back(word_label(sentence, i, column));
  }
  return labels;
}

Label sentence_label(const ConlluSentence& sentence, std::string_view column,
                     const std::filesystem::path& file) {
  if (column == "sentence-length") return static_cast<double>(sentence.words.size());
  if (column == "tree-depth") {
    return static_cast<double>(std::ranges::max(depths(sentence, file)));
  }
  if (column == "number") return number_of(sentence, "nsubj");
  if (column == "object-number") return number_of(sentence, "obj");
  for (const ConlluWord& word : sentence.words) {
    if (word.head == 0) return feature(word, "Tense");
  }
  return {};
}

}  // namespace headlens
