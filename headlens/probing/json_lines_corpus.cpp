#include "headlens/probing/json_lines_corpus.h"

#include <fmt/format.h>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

using nlohmann::json;

LabelUnit unit_of(const json& object) {
  if (object.contains("words") || object.contains("spans")) return LabelUnit::word;
  return object.contains("second_text") ? LabelUnit::pair : LabelUnit::sentence;
}

LabelUnit unit_of_file(const std::filesystem::path& file) {
  JsonLinesReader reader(file);
  const std::optional<JsonLine> first = reader.next();
  return first ? unit_of(first->object) : LabelUnit::sentence;
}

Label label_of(const json& object, const std::string& column, const std::filesystem::path& place) {
  const auto found = object.find(column);
  if (found == object.end()) throw FormatError(place.string(), printable(column) + " is missing");
  return label_from_json(*found, place);
}

}  // namespace

JsonLinesCorpus::JsonLinesCorpus(const std::filesystem::path& file,
                                 std::vector<std::string> columns)
    : LabelledCorpus({.data = file,
                      .sha256 = file_sha256(file),
                      .unit = unit_of_file(file),
                      .columns = std::move(columns)}),
      reader_(file) {}

std::optional<LabelledSentence> JsonLinesCorpus::next() {
  const std::optional<JsonLine> line = reader_.next();
  if (!line) return std::nullopt;
  const json& object = line->object;
  const std::filesystem::path place = place_of(reader_.path(), line->line);
  if (unit_of(object) != info().unit) {
    throw FormatError(place.string(), "labels a " + to_string(unit_of(object)) +
                                          ", but the first line labels a " +
                                          to_string(info().unit));
  }
  LabelledSentence sentence{.line = line->line,
                            .id = optional_string(object, "id", place).value_or(""),
                            .document = optional_string(object, "document", place).value_or("")};
  if (object.contains("words")) {
    add_words(*line, sentence);
    return sentence;
  }
  sentence.text = require_string(object, "text", place);
  if (sentence.text.empty()) throw FormatError(place.string(), "its text is empty");
  if (object.contains("spans")) {
    add_spans(*line, sentence);
    return sentence;
  }
  sentence.second_text = optional_string(object, "second_text", place).value_or("");
  for (const std::string& column : info().columns) {
    sentence.labels.push_back(label_of(object, column, place));
  }
  return sentence;
}

void JsonLinesCorpus::add_words(const JsonLine& line, LabelledSentence& sentence) const {
  const std::filesystem::path place = place_of(reader_.path(), line.line);
  std::vector<std::string> forms;
  for (const json& word : require_array(line.object, "words", place)) {
    if (!word.is_string() || word.get_ref<const std::string&>().empty()) {
      throw FormatError(place.string(), "a word must be a string that is not empty");
    }
    forms.push_back(word);
  }
  if (forms.empty()) throw FormatError(place.string(), "has no word");
  JoinedWords joined = join_words(forms);
  if (const auto text = optional_string(line.object, "text", place)) {
    joined = {.text = *text, .spans = place_words(*text, forms, place)};
  }
  sentence.text = std::move(joined.text);
  for (const CharSpan span : joined.spans) {
    sentence.words.push_back({.span = span, .line = line.line});
  }
  for (const std::string& column : info().columns) {
    const json& labels = require_array(line.object, column, place);
    if (labels.size() != forms.size()) {
      throw FormatError(place.string(),
                        fmt::format("{} has length {}, words has length {}", printable(column),
                                    labels.size(), forms.size()));
    }
    for (std::size_t i = 0; i < forms.size(); ++i) {
      sentence.words[i].labels.push_back(label_from_json(labels[i], place));
    }
  }
}

void JsonLinesCorpus::add_spans(const JsonLine& line, LabelledSentence& sentence) const {
  const std::filesystem::path place = place_of(reader_.path(), line.line);
  const std::int64_t length = code_points(sentence.text);
  for (const json& span : require_array(line.object, "spans", place)) {
    LabelledWord word{
        .span = {require_integer(span, "begin", place), require_integer(span, "end", place)},
        .line = line.line};
    if (word.span.begin < 0 || word.span.begin >= word.span.end || word.span.end > length) {
      throw FormatError(place.string(),
                        fmt::format("the span {} to {} does not lie in its text of {} characters",
                                    word.span.begin, word.span.end, length));
    }
    for (const std::string& column : info().columns) {
      word.labels.push_back(label_of(span, column, place));
    }
    sentence.words.push_back(std::move(word));
  }
}

}  // namespace headlens
