#include "headlens/probing/sentence_boundary.h"

#include "headlens/probing/treebank_corpus.h"
#include "headlens/probing/word_spans.h"

namespace headlens {

SentenceBoundaryCorpus::SentenceBoundaryCorpus(const std::filesystem::path& file)
    : LabelledCorpus({.task = "sentence-boundary",
                      .data = file,
                      .sha256 = file_sha256(file),
                      .unit = LabelUnit::word,
                      .columns = {"boundary"}}),
      reader_(file),
      waiting_(reader_.next()) {}

std::optional<LabelledSentence> SentenceBoundaryCorpus::next() {
  if (!waiting_) return std::nullopt;
  LabelledSentence text{
      .line = waiting_->line, .id = waiting_->sent_id, .document = waiting_->document};
  for (int i = 0; i < kSentences && waiting_ && waiting_->document == text.document; ++i) {
    append(*waiting_, text);
    waiting_ = reader_.next();
  }
  return text;
}

void SentenceBoundaryCorpus::append(const ConlluSentence& sentence, LabelledSentence& text) const {
  if (!text.text.empty()) text.text += ' ';
  const std::int64_t offset = code_points(text.text);
  const TreebankText added = text_of(sentence, reader_.path());
  text.text += added.text;
  for (std::size_t i = 0; i < added.words.size(); ++i) {
    const CharSpan span = added.words[i];
    const bool last = i + 1 == added.words.size();
    text.words.push_back({.span = {span.begin + offset, span.end + offset},
                          .labels = {std::string(last ? "end" : "inside")},
                          .line = sentence.words[i].line});
  }
}

}  // namespace headlens
