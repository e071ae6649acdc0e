#pragma once

#include <filesystem>
#include <optional>

#include "headlens/formats/line_reader.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// Plain text, one sentence a line, without labels. Blank lines are left out.
class TextCorpus : public LabelledCorpus {
 public:
  explicit TextCorpus(const std::filesystem::path& file);

  std::optional<LabelledSentence> next() override;

 private:
  LineReader lines_;
};

}  // namespace headlens
