#pragma once

#include "headlens/probing/grammar.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// Sentences that a grammar makes (grammar.h), for probing with no data at hand: whatever is said
/// of their words is so by construction. Columns are a treebank's (tree_labels.h), "entity" (IOB2)
/// and "coreference" (number of the word that a pronoun refers to; real; none for other words).
class GrammarCorpus : public LabelledCorpus {
 public:
  static constexpr std::int64_t kSentences = 1000;

  /// @throws UsageError  if a column is not one of words
  GrammarCorpus(std::string task, std::vector<std::string> columns, std::uint64_t seed,
                std::int64_t sentences = kSentences);

  std::optional<LabelledSentence> next() override;

 private:
  Grammar grammar_;
  std::int64_t sentences_, given_ = 0;
};

}  // namespace headlens
