#pragma once

#include <string_view>
#include <vector>

#include "headlens/results/attention_result.h"

namespace headlens {

/// One head's weight from one token to another.
struct HeadWeight {
  int layer = 0;
  int head = 0;
  double weight = 0;
};

/// Position of the token that spells `word`, with or without its leading space; the last one if it
/// comes several times and `last`, else the first.
/// @throws UsageError  if no single token spells it; shows the tokens
int find_token(const PromptTokens& prompt, std::string_view word, bool last);

/// The heads whose weight from `query` to `key` exceeds the threshold, strongest first.
/// @param query, key  token positions
std::vector<HeadWeight> heads_attending(const AttentionResult& attention, int query, int key,
                                        double threshold);

}  // namespace headlens
