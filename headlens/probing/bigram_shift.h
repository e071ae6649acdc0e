#pragma once

#include <filesystem>
#include <random>

#include "headlens/formats/conllu.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// Sentences in half of which two neighbouring words are swapped: column "shifted", "I" where they
/// are and "O" where not (Conneau et al. 2018). Made of a treebank's words with spaces between
/// them, the whole ones too, so that spacing gives nothing away. Words that are equal are never
/// swapped; sentences without two that differ are left out. The same seed gives the same corpus.
class BigramShiftCorpus : public LabelledCorpus {
 public:
  BigramShiftCorpus(const std::filesystem::path& file, std::uint64_t seed);

  std::optional<LabelledSentence> next() override;

 private:
  ConlluReader reader_;
  std::mt19937_64 random_;
};

}  // namespace headlens
