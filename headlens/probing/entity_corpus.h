#pragma once

#include <filesystem>
#include <optional>

#include "headlens/formats/iob.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// The tokens of a file of named entities as words, each with its IOB2 tag as column "entity".
/// Sentences without a "# text" are their tokens with spaces between them.
class EntityCorpus : public LabelledCorpus {
 public:
  explicit EntityCorpus(const std::filesystem::path& file, std::optional<IobColumns> columns = {});

  std::optional<LabelledSentence> next() override;

 private:
  IobReader reader_;
};

}  // namespace headlens
