#pragma once

#include <string_view>

#include "headlens/tokenizers/components.h"

namespace headlens {

/// What the name in tokenizer.ggml.pre stands for.
struct GgufPreTokenizer {
  WordSplit split;
  bool normalize_nfc = false;   ///< text is brought to Unicode's composed form first
  bool ignore_merges = false;   ///< a whole word that is a piece stays whole
  bool surrounds_text = false;  ///< BOS and EOS are added unless the file says otherwise
};

/// @throws UnsupportedError  naming `pre` and what is supported, if it is not known exactly
GgufPreTokenizer gguf_pre_tokenizer(std::string_view pre, std::string_view origin_for_errors);

}  // namespace headlens
