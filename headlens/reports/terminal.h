#pragma once

#include <string>

#include "headlens/results/attention_result.h"
#include "headlens/results/lens_result.h"
#include "headlens/results/run_result.h"

namespace headlens {

/// Next-token (or class) probabilities, one line each with a bar.
/// @param width  columns of the terminal
std::string run_table(const RunResult& result, int width);

/// The last listed position: one line a layer with its `top_k` tokens and their probabilities, the
/// embeddings first.
std::string lens_table(const LensResult& result, int width, int top_k = 3);

/// The `max_heads` heads whose strongest link is strongest, where links to the first token, to the
/// query itself and to the token just before it do not count (they are what most heads do anyway),
/// each with what share of attention goes to these.
std::string attention_summary(const AttentionResult& result, int width, int max_heads = 8);

}  // namespace headlens
