#pragma once

#include <string_view>

#include "headlens/models/row_batch.h"
#include "headlens/results/provenance.h"
#include "headlens/run/session.h"

namespace headlens {

/// A text as the model gets it and as results tell it.
struct Prompt {
  TokenSequence sequence;
  PromptTokens tokens;
};

/// @param mode  whether the tokenizer's own special tokens (BOS, CLS, SEP ...) are added
/// @throws UsageError  if the text is empty, is not UTF-8, or is longer than the model takes
Prompt make_prompt(const Session& session, std::string_view text,
                   SpecialTokens mode = SpecialTokens::add);

/// The decoded text of a vocabulary entry; a placeholder for rows that no token belongs to.
std::string token_text(const Tokenizer& tokenizer, std::int32_t id);

}  // namespace headlens
