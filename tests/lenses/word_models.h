#pragma once

#include <string>
#include <vector>

#include "headlens/run/prompt.h"
#include "headlens/run/session.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

/// A copy of a tiny parity model with a tokenizer, which the original lacks: the word "wN" is token
/// N. Removed with this object.
class WordModel {
 public:
  explicit WordModel(const std::string& parity_name);
  /// A random Llama of one block, d_model 64.
  /// @param unembedding  [n, 64], also gives the size of the vocabulary
  explicit WordModel(const Tensor& unembedding, unsigned seed);

  Session& session() { return *session_; }
  static constexpr std::int64_t kWidth = 64;

 private:
  void open(std::int64_t vocabulary);

  TemporaryDirectory folder_;
  std::optional<Session> session_;
};

/// The prompt whose tokens are these ids.
Prompt prompt_of(const TokenSequence& sequence);

}  // namespace headlens
