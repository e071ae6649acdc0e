#include "headlens/probing/limited_corpus.h"

#include <algorithm>

namespace headlens {
namespace {

CorpusInfo with_limit(CorpusInfo info, std::int64_t max_rows) {
  info.max_rows = max_rows;
  return info;
}

}  // namespace

LimitedCorpus::LimitedCorpus(std::unique_ptr<LabelledCorpus> corpus, std::int64_t max_rows)
    : LabelledCorpus(with_limit(corpus->info(), max_rows)), corpus_(std::move(corpus)) {}

std::optional<LabelledSentence> LimitedCorpus::next() {
  if (rows_ >= info().max_rows) return std::nullopt;
  std::optional<LabelledSentence> sentence = corpus_->next();
  if (!sentence) return sentence;
  if (info().unit == LabelUnit::word) {
    rows_ += std::ranges::count_if(sentence->words, [](const LabelledWord& word) {
      return std::ranges::any_of(word.labels, has_label);
    });
  } else if (std::ranges::any_of(sentence->labels, has_label)) {
    ++rows_;
  }
  return sentence;
}

std::unique_ptr<LabelledCorpus> limited(std::unique_ptr<LabelledCorpus> corpus,
                                        std::int64_t max_rows) {
  if (max_rows == 0) return corpus;
  return std::make_unique<LimitedCorpus>(std::move(corpus), max_rows);
}

}  // namespace headlens
