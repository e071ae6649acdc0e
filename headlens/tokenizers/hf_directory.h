#pragma once

#include <filesystem>

#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// The tokenizer of a Hugging Face model directory: tokenizer.json if there is one, otherwise the
/// same built from vocab.json + merges.txt or encoder.json + vocab.bpe (byte-level BPE: GPT-2,
/// RoBERTa, GPT-NeoX, Qwen2) or vocab.txt (BERT). Of tokenizer_config.json, special_tokens_map.json
/// and added_tokens.json it takes what changes ids: added tokens, and explicit lower-casing,
/// accents, Chinese and leading-space settings; with tokenizer.json its own post-processor decides
/// on BOS and EOS, without it add_bos_token and add_eos_token do.
/// @throws FormatError  if the directory has no tokenizer or a file of it is broken
/// @throws UnsupportedError  if there is only a SentencePiece model, or vocabulary files of a class
///                           that is not known
Tokenizer tokenizer_from_hf_directory(const std::filesystem::path& directory);

}  // namespace headlens
