#pragma once

#include <filesystem>

#include "headlens/tokenizers/hf_settings.h"
#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// Byte-level BPE from a JSON object of piece to id and a list of merges, one "left right" a line,
/// best first. The class in `settings` says how text is split and what surrounds it; GPT-2's if
/// there is none.
/// @throws FormatError  if a file is broken; UnsupportedError  if the class is not known
Tokenizer byte_level_from_files(const std::filesystem::path& vocabulary,
                                const std::filesystem::path& merges, const HfSettings& settings);

/// BERT's WordPiece from a list of pieces, one a line, by id.
/// @throws FormatError  if the file is broken; UnsupportedError  if the class is not BERT's
Tokenizer wordpiece_from_file(const std::filesystem::path& vocabulary, const HfSettings& settings);

}  // namespace headlens
