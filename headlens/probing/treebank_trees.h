#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headlens/probing/labelled_corpus.h"
#include "headlens/probing/read_harvest.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Whole sentences of a treebank with their trees, one after another, and which rows of a harvest
/// their words are. Vectors are [n_words] unless they say else.
struct Trees {
  std::vector<std::int64_t> begins = {0};  ///< [n_sentences + 1]
  std::vector<std::int64_t> lines = {};    ///< [n_sentences], in the file
  std::vector<std::int32_t> heads = {};    ///< numbers in the sentence from 1; 0 for the root
  std::vector<std::uint8_t> kept = {};     ///< 0 for punctuation (UPOS PUNCT)
  std::vector<std::string> forms = {};
  std::vector<std::int64_t> rows = {};  ///< of the harvest

  std::int64_t n_sentences() const { return static_cast<std::int64_t>(lines.size()); }
  std::int64_t n_words() const { return static_cast<std::int64_t>(heads.size()); }
};

/// The columns that a corpus must have for trees_of().
inline const std::vector<std::string> kTreeColumns = {"head", "upos"};

/// The trees of a harvest of words. Sentences that the harvest left out, or lacks a word of, are
/// passed over and counted.
/// @param corpus   the one that was harvested, at its beginning: it says how many words a sentence
///                 has
/// @param skipped  receives how many sentences were passed over
/// @throws UsageError   if the harvest has no columns "head" and "upos" or its rows are no words
/// @throws FormatError  naming the line, if heads are missing or make no tree
Trees trees_of(const Harvest& harvest, LabelledCorpus& corpus, std::int64_t& skipped);

/// Some of the sentences, in the order given.
Trees select_trees(const Trees& trees, std::span<const std::int64_t> sentences);

/// States of the trees' words, [n_words, width].
Tensor states_of(const Trees& trees, const Harvest& harvest, Site site);

}  // namespace headlens
