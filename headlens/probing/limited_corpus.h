#pragma once

#include <memory>

#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// The beginning of a corpus: whole sentences, up to the one in which so many rows (labelled words,
/// or labelled sentences) are reached. Its CorpusInfo says so, so that its harvest is no other's.
class LimitedCorpus : public LabelledCorpus {
 public:
  /// @param max_rows  above 0
  LimitedCorpus(std::unique_ptr<LabelledCorpus> corpus, std::int64_t max_rows);

  std::optional<LabelledSentence> next() override;

 private:
  std::unique_ptr<LabelledCorpus> corpus_;
  std::int64_t rows_ = 0;
};

/// The corpus itself where max_rows is 0.
std::unique_ptr<LabelledCorpus> limited(std::unique_ptr<LabelledCorpus> corpus,
                                        std::int64_t max_rows);

}  // namespace headlens
