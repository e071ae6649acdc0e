#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/interventions/metric.h"
#include "headlens/probing/harvest_options.h"
#include "headlens/probing/labelled_corpus.h"
#include "headlens/run/session.h"

namespace headlens {

/// Which tokens of a sentence a concept is erased from.
enum class AmnesicPlaces : std::uint8_t {
  tokens,  ///< all that stand for text
  words,   ///< those whose state a labelled word has, by the pooling
};

std::string to_string(AmnesicPlaces places);
std::optional<AmnesicPlaces> parse_amnesic_places(std::string_view name);

/// A sentence in which a concept is to be erased, and what the model is asked about it.
struct AmnesicSentence {
  TokenSequence tokens = {};                 ///< with masks where the model predicts those
  std::vector<std::int64_t> positions = {};  ///< that are erased, ascending
  /// Of each of those, the class of the word (or sentence) that it stands for; -1: none, or it is
  /// masked.
  std::vector<std::int32_t> labels = {};
  Question question = {};
};

struct AmnesicSentenceOptions {
  AmnesicPlaces places = AmnesicPlaces::tokens;
  std::string column = {};
  std::vector<std::string> classes = {};  ///< ascending
  HarvestOptions harvest = {};            ///< as the words' states were harvested
  /// Of text tokens that a masked model is asked for, drawn from `seed`; one a sentence at least.
  double mask_share = 0.15;
  std::uint64_t seed = 0;
  /// Sentences with a label in the column are numbered from 0; empty: all are wanted.
  std::function<bool(std::int64_t number)> is_wanted = {};
};

/// The sentences of a corpus that have a label. A causal model is asked for every token of the text
/// but the first of the sequence, a masked one for those that are masked.
/// @throws UnsupportedError  if the model predicts no tokens
/// @throws UsageError        if no sentence is left, or labels are of pairs
/// @throws FormatError       as harvest()
std::vector<AmnesicSentence> read_amnesic_sentences(const Session& session, LabelledCorpus& corpus,
                                                    const AmnesicSentenceOptions& options);

}  // namespace headlens
