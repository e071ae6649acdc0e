#pragma once

#include <optional>
#include <string>

#include "headlens/run/session.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

struct TinyLlamaShape {
  std::int64_t n_layers = 2, d_model = 48, n_heads = 6, n_kv_heads = 2, d_head = 10, d_mlp = 80,
               vocabulary = 50, n_context = 512;
  std::optional<std::int64_t> window = {};
  unsigned seed = 11;
};

/// Writes a random Llama (Mistral, if windowed) that takes long prompts.
void write_tiny_llama(const TemporaryDirectory& folder, const TinyLlamaShape& shape);

/// A session on what write_tiny_llama() wrote.
Session open_tiny_llama(const TemporaryDirectory& folder);

/// Some tokens of its vocabulary; the same for the same seed.
TokenSequence tiny_llama_tokens(std::int64_t count, unsigned seed);

}  // namespace headlens
