#include "headlens/probing/table_corpus.h"

namespace headlens {
namespace {

/// Two readings of one file are two corpora.
std::string reading_of(const TableColumns& columns) {
  std::string reading = columns.text;
  if (!columns.second_text.empty()) reading += ", " + columns.second_text;
  if (columns.where) reading += " where " + columns.where->first + "=" + columns.where->second;
  return columns.real_values ? reading + ", real" : reading;
}

}  // namespace

TableCorpus::TableCorpus(const std::filesystem::path& file, const TableColumns& columns,
                         std::string task)
    : LabelledCorpus({.task = std::move(task),
                      .data = file,
                      .sha256 = file_sha256(file),
                      .unit = columns.second_text.empty() ? LabelUnit::sentence : LabelUnit::pair,
                      .columns = columns.labels,
                      .reading = reading_of(columns)}),
      reader_(file),
      text_(reader_.column(columns.text)),
      real_values_(columns.real_values) {
  if (!columns.second_text.empty()) second_text_ = reader_.column(columns.second_text);
  for (const std::string& label : columns.labels) labels_.push_back(reader_.column(label));
  if (columns.where) {
    where_ = reader_.column(columns.where->first);
    where_value_ = columns.where->second;
  }
}

std::optional<LabelledSentence> TableCorpus::next() {
  while (std::optional<DelimitedRow> row = reader_.next()) {
    if (where_ && row->fields[*where_] != where_value_) continue;
    LabelledSentence sentence{.line = row->line, .text = row->fields[text_]};
    if (second_text_) sentence.second_text = row->fields[*second_text_];
    if (sentence.text.empty() || (second_text_ && sentence.second_text.empty())) continue;
    for (const std::size_t column : labels_) {
      const std::string& field = row->fields[column];
      Label& label = sentence.labels.emplace_back();
      if (field.empty()) continue;
      if (real_values_) {
        label = real_value(field, place_of(reader_.path(), row->line));
      } else {
        label = field;
      }
    }
    return sentence;
  }
  return std::nullopt;
}

}  // namespace headlens
