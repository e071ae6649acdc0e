#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "headlens/formats/conllu.h"

namespace headlens {

/// A sentence that a grammar made, and all that is true of it because it was made so.
struct GrammarSentence {
  ConlluSentence tree = {};                ///< with upos, features, heads and relations
  std::vector<std::string> entities = {};  ///< IOB2 tag of each word: PER and LOC
  /// Number of the word, from 1, that each word refers back to; 0: to none.
  std::vector<int> antecedents = {};
};

/// A small English grammar: one clause or two that share their subject, with names, places,
/// adjectives, adverbs and pronouns. Some words are a noun in one place and a verb in another, so
/// that the word alone does not tell its part of speech.
class Grammar {
 public:
  explicit Grammar(std::uint64_t seed) : random_(seed) {}

  /// The next sentence; the same seed gives the same sentences.
  GrammarSentence next();

 private:
  std::mt19937_64 random_;
};

}  // namespace headlens
