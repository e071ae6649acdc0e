#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "headlens/probing/harvest_manifest.h"
#include "headlens/probing/harvest_options.h"
#include "headlens/probing/labelled_corpus.h"
#include "headlens/run/session.h"

namespace headlens {

/// One row of states to be.
struct HarvestRow {
  TokenRange tokens = {};  ///< pooled to one state; of sentences empty: all that are text
  std::optional<CharSpan> span = {};  ///< in the text; absent for sentences
  std::vector<Label> labels = {};     ///< one a column
};

/// A sentence as the model gets it.
struct HarvestSentence {
  std::int64_t index = 0;             ///< in the corpus, from 0
  LabelledSentence source = {};       ///< its words are not kept
  std::vector<Encoding> parts = {};   ///< one text, or two of a pair
  std::vector<HarvestRow> rows = {};  ///< of a pair one
};

/// Neighbouring sentences of a corpus that are run together and become one shard.
struct HarvestWindow {
  std::vector<HarvestSentence> sentences = {};  ///< that have rows
  std::int64_t rows = 0, tokens = 0;
  std::int64_t sentences_read = 0;  ///< with those that have no row
  std::int64_t skipped_sentences = 0, skipped_words = 0;

  HarvestCounts counts() const {
    return {.sentences = std::ssize(sentences),
            .sentences_read = sentences_read,
            .skipped_sentences = skipped_sentences,
            .skipped_words = skipped_words,
            .tokens = tokens,
            .rows = rows};
  }
};

/// What a harvest of this corpus with these options does, choices that were left open made.
struct HarvestChoices {
  HarvestUnit unit;
  Pooling pooling;
  std::int64_t parts;  ///< texts a sentence
};

/// @throws UsageError  if the corpus has no words to harvest, or the pooling does not fit
HarvestChoices harvest_choices(const CorpusInfo& corpus, const HarvestOptions& options);

/// Reads the next sentences, until their rows or tokens reach a limit or the corpus ends.
/// @param first_sentence  index of the sentence that the corpus gives next
/// @throws FormatError  naming the line, for a sentence or word that does not fit, unless the
///                      options skip it
HarvestWindow read_window(const Session& session, LabelledCorpus& corpus,
                          const HarvestOptions& options, std::int64_t first_sentence,
                          std::int64_t most_rows);

}  // namespace headlens
