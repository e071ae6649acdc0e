#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "headlens/tokenizers/gguf_vocabulary.h"

namespace headlens {

/// The merges of a SentencePiece vocabulary, best first: the file's own if it lists them, otherwise
/// every way to put a piece together from two others, in the order of the pieces' scores.
/// @throws FormatError  if the file has neither merges nor scores
std::vector<std::pair<std::string_view, std::string_view>> sentencepiece_merges(
    const GgufVocabulary& vocabulary);

}  // namespace headlens
