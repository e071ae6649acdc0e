#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/gguf.h"
#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// What the metadata tokenizer.ggml.* of a GGUF file say. Views point into the file.
struct GgufVocabulary {
  std::string origin{};  ///< the file that messages name
  std::string model{};   ///< "gpt2" (byte-level BPE), "llama" (SentencePiece) or "bert" (WordPiece)
  std::string pre{};     ///< names the split into words that comes before byte-level BPE
  std::vector<std::string_view> tokens{};   ///< by id
  std::vector<float> scores{};              ///< by id; may be empty
  std::vector<std::int32_t> token_types{};  ///< by id, as in GgufTokenType; may be empty
  std::vector<std::string_view> merges{};   ///< "left right", best first; may be empty
  std::optional<std::int32_t> bos{}, eos{}, unk{}, sep{}, pad{}, cls{}, mask{};
  std::optional<bool> add_bos{}, add_eos{}, add_space_prefix{};
};

/// Values of GgufVocabulary::token_types.
enum class GgufTokenType : std::int32_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6,
};

/// @throws FormatError  if the file has no vocabulary or its parts differ in length
GgufVocabulary gguf_vocabulary(const GgufFile& file);

/// The tokenizer of the model that the file was made from: the same ids, offsets and decoding. BOS
/// and EOS are added if the file says so; a "llama" vocabulary that says nothing adds BOS, as that
/// format defines. A "bert" vocabulary is uncased if no piece has a capital letter.
/// @throws FormatError  if the vocabulary contradicts itself
/// @throws UnsupportedError  for other models and for a `pre` that is not known exactly, by name
Tokenizer tokenizer_from_gguf(const GgufVocabulary& vocabulary);

}  // namespace headlens
