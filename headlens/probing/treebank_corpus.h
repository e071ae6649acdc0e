#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "headlens/formats/conllu.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// A sentence of a treebank as it is run: its text, and where its words lie in it. A multiword
/// token's words share out its characters where they spell it, else each covers the whole token.
struct TreebankText {
  std::string text = {};
  std::vector<CharSpan> words = {};
};

/// @throws FormatError  naming the line, if the "# text" is not made of the sentence's words
TreebankText text_of(const ConlluSentence& sentence, const std::filesystem::path& file);

/// The sentences of a CoNLL-U file with labels of tree_labels.h.
class TreebankCorpus : public LabelledCorpus {
 public:
  /// @param task  what the corpus is called in results
  /// @throws UsageError  if a column does not exist, or some are of words and some of sentences
  TreebankCorpus(const std::filesystem::path& file, std::vector<std::string> columns,
                 std::string task = "");

  std::optional<LabelledSentence> next() override;

 private:
  ConlluReader reader_;
};

}  // namespace headlens
