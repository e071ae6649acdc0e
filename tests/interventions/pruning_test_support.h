#pragma once

#include "headlens/interventions/pruning.h"

namespace headlens {

inline PruningText text_of(TokenSequence sequence, int line = 0) {
  PruningText text{.line = line, .prompt = {.sequence = std::move(sequence), .tokens = {}}};
  for (const std::int32_t id : text.prompt.sequence.ids) {
    text.prompt.tokens.tokens.push_back({.id = id, .piece = "", .text = ""});
  }
  return text;
}

}  // namespace headlens
