#include "headlens/probing/grammar_corpus.h"

#include <fmt/format.h>

#include "headlens/base/errors.h"
#include "headlens/base/sha256.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/tree_labels.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

constexpr const char* kName = "grammar";

std::vector<std::string> words_of(const GrammarSentence& sentence) {
  std::vector<std::string> words;
  for (const ConlluWord& word : sentence.tree.words) words.push_back(word.form);
  return words;
}

std::vector<Label> labels_of(const GrammarSentence& sentence, const std::string& column) {
  std::vector<Label> labels;
  if (column == "entity") {
    for (const std::string& tag : sentence.entities) labels.emplace_back(tag);
    return labels;
  }
  if (column != "coreference") return word_labels(sentence.tree, column, kName);
  for (const int word : sentence.antecedents) {
    Label& label = labels.emplace_back();
    if (word != 0) label = static_cast<double>(word);
  }
  return labels;
}

/// Of all that the sentences say, so that another grammar's corpus is another corpus.
std::string corpus_sha256(std::uint64_t seed, std::int64_t sentences) {
  Grammar grammar(seed);
  Sha256 hash;
  for (std::int64_t i = 0; i < sentences; ++i) {
    const GrammarSentence sentence = grammar.next();
    std::string text;
    for (std::size_t w = 0; w < sentence.tree.words.size(); ++w) {
      const ConlluWord& word = sentence.tree.words[w];
      text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", word.form, word.upos, word.features,
                          word.head.value_or(-1), word.deprel, sentence.entities[w],
                          sentence.antecedents[w]);
    }
    hash.update(std::as_bytes(std::span(text)));
  }
  return hash.hex_digest();
}

}  // namespace

GrammarCorpus::GrammarCorpus(std::string task, std::vector<std::string> columns, std::uint64_t seed,
                             std::int64_t sentences)
    : LabelledCorpus({.task = std::move(task),
                      .data = kName,
                      .sha256 = corpus_sha256(seed, sentences),
                      .unit = LabelUnit::word,
                      .columns = std::move(columns),
                      .seed = seed}),
      grammar_(seed),
      sentences_(sentences) {
  for (const std::string& column : info().columns) {
    if (column != "entity" && column != "coreference" && !is_word_column(column)) {
      throw UsageError("the grammar's words have no column " + printable(column));
    }
  }
}

std::optional<LabelledSentence> GrammarCorpus::next() {
  if (given_ == sentences_) return std::nullopt;
  const GrammarSentence made = grammar_.next();
  JoinedWords joined = join_words(words_of(made));
  LabelledSentence sentence{.line = ++given_, .text = std::move(joined.text)};
  for (const CharSpan span : joined.spans) {
    sentence.words.push_back({.span = span, .line = given_});
  }
  for (const std::string& column : info().columns) {
    const std::vector<Label> labels = labels_of(made, column);
    for (std::size_t i = 0; i < labels.size(); ++i) sentence.words[i].labels.push_back(labels[i]);
  }
  return sentence;
}

}  // namespace headlens
