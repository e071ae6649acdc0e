#pragma once

#include <filesystem>
#include <optional>

#include "headlens/formats/conllu.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// Running text of a treebank's neighbouring sentences, a few of one document at a time, whose
/// words are labelled "end" where a sentence ends and "inside" elsewhere: column "boundary".
class SentenceBoundaryCorpus : public LabelledCorpus {
 public:
  static constexpr int kSentences = 4;  ///< run together at most

  explicit SentenceBoundaryCorpus(const std::filesystem::path& file);

  std::optional<LabelledSentence> next() override;

 private:
  void append(const ConlluSentence& sentence, LabelledSentence& text) const;

  ConlluReader reader_;
  std::optional<ConlluSentence> waiting_;
};

}  // namespace headlens
