#include "headlens/probing/treebank_corpus.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/tree_labels.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

/// The spans of one token's words.
void split_token(const ConlluSentence& sentence, const ConlluToken& token, CharSpan span,
                 std::vector<CharSpan>& words) {
  std::string spelling;
  for (std::size_t i = 0; i < token.word_count; ++i) {
    spelling += sentence.words[token.first_word + i].form;
  }
  const bool shares_out = spelling == token.form;
  for (std::size_t i = 0; i < token.word_count; ++i) {
    CharSpan part = span;
    if (shares_out) {
      part.end = part.begin + code_points(sentence.words[token.first_word + i].form);
      span.begin = part.end;
    }
    words.push_back(part);
  }
}

CorpusInfo info_of(const std::filesystem::path& file, std::vector<std::string> columns,
                   std::string task) {
  if (columns.empty()) throw UsageError("which labels? name a column: " + tree_columns());
  const auto words = std::ranges::count_if(columns, is_word_column);
  for (const std::string& column : columns) {
    if (!is_word_column(column) && !is_sentence_column(column)) {
      throw UsageError("a treebank has no column " + printable(column) + "; its columns are " +
                       tree_columns());
    }
  }
  if (words != 0 && words != std::ssize(columns)) {
    throw UsageError("labels of words and of sentences cannot be harvested together");
  }
  return {.task = std::move(task),
          .data = file,
          .sha256 = file_sha256(file),
          .unit = words == 0 ? LabelUnit::sentence : LabelUnit::word,
          .columns = std::move(columns)};
}

}  // namespace

TreebankText text_of(const ConlluSentence& sentence, const std::filesystem::path& file) {
  TreebankText result;
  std::vector<std::string> forms;
  for (const ConlluToken& token : sentence.tokens) forms.push_back(token.form);
  result.text = sentence.text;
  if (result.text.empty()) {
    for (const ConlluToken& token : sentence.tokens) {
      result.text += token.form + (token.space_after ? " " : "");
    }
    if (result.text.ends_with(' ')) result.text.pop_back();
  }
  const auto spans = place_words(result.text, forms, place_of(file, sentence.line));
  for (std::size_t i = 0; i < forms.size(); ++i) {
    split_token(sentence, sentence.tokens[i], spans[i], result.words);
  }
  return result;
}

TreebankCorpus::TreebankCorpus(const std::filesystem::path& file, std::vector<std::string> columns,
                               std::string task)
    : LabelledCorpus(info_of(file, std::move(columns), std::move(task))), reader_(file) {}

std::optional<LabelledSentence> TreebankCorpus::next() {
  const std::optional<ConlluSentence> sentence = reader_.next();
  if (!sentence) return std::nullopt;
  TreebankText text = text_of(*sentence, reader_.path());
  LabelledSentence result{.line = sentence->line,
                          .id = sentence->sent_id,
                          .document = sentence->document,
                          .text = std::move(text.text)};
  if (info().unit == LabelUnit::sentence) {
    for (const std::string& column : info().columns) {
      result.labels.push_back(sentence_label(*sentence, column, reader_.path()));
    }
    return result;
  }
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    result.words.push_back({.span = text.words[i], .line = sentence->words[i].line});
  }
  for (const std::string& column : info().columns) {
    const std::vector<Label> labels = word_labels(*sentence, column, reader_.path());
    for (std::size_t i = 0; i < labels.size(); ++i) result.words[i].labels.push_back(labels[i]);
  }
  return result;
}

}  // namespace headlens
