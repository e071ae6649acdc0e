#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "headlens/formats/json_lines.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// JSON Lines of one of these forms, which the first line decides; COLUMN is each of the columns:
///   {"text": "...", COLUMN: label}                               a sentence
///   {"text": "...", "second_text": "...", COLUMN: label}         a pair
///   {"words": ["...", ...], COLUMN: [label, ...], "text": "..."} words; text may be absent
///   {"text": "...", "spans": [{"begin": 0, "end": 3, COLUMN: label}, ...]}  spans, code points
/// A label is a string, a number (a real value), true, false, or null for none.
class JsonLinesCorpus : public LabelledCorpus {
 public:
  JsonLinesCorpus(const std::filesystem::path& file, std::vector<std::string> columns);

  std::optional<LabelledSentence> next() override;

 private:
  void add_words(const JsonLine& line, LabelledSentence& sentence) const;
  void add_spans(const JsonLine& line, LabelledSentence& sentence) const;

  JsonLinesReader reader_;
};

}  // namespace headlens
