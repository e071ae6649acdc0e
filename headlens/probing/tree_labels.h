#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/conllu.h"
#include "headlens/probing/label.h"

namespace headlens {

/// Labels that a sentence of a treebank gives to its words:
///   upos, xpos, lemma, feat:NAME, deprel
///   depth          edges from the word up to its root; real
///   head           number of the head from 1, 0 for a root; real
///   head-distance  words from the word to its head, whichever side; real; none for a root
/// and to itself:
///   sentence-length  number of words; real
///   tree-depth       the largest depth; real
///   tense            the root's Tense
///   number           the Number of the root's subject (nsubj or a subtype)
///   object-number    the Number of the root's object (obj)
bool is_word_column(std::string_view column);
bool is_sentence_column(std::string_view column);
/// For messages.
std::string tree_columns();

/// One label a word.
/// @param file  named in errors
/// @throws FormatError  naming the line, if depth or tree-depth is wanted of heads that are
///                      missing or go round in a circle
std::vector<Label> word_labels(const ConlluSentence& sentence, std::string_view column,
                               const std::filesystem::path& file);
Label sentence_label(const ConlluSentence& sentence, std::string_view column,
                     const std::filesystem::path& file);

}  // namespace headlens
