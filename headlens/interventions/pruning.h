#pragma once

#include <optional>
#include <vector>

#include "headlens/interventions/reference.h"
#include "headlens/interventions/sweep.h"
#include "headlens/results/pruning_result.h"
#include "headlens/run/prompt.h"

namespace headlens {

struct PruningText {
  int line = 0;  ///< in the file it came from, for messages; 0: from none
  Prompt prompt;
};

struct PruningOptions {
  Replacement replacement = Replacement::zero;
  std::vector<TokenSequence> reference = {};  ///< of mean and resample
  /// Steps from no head to all; default every head, but at most 64. More than heads: every head.
  std::optional<int> steps = {};
  int random_orders = 3;
  std::uint64_t seed = 0;  ///< of random orders and of resample
  SweepOptions sweep = {};
};

/// The pruning curve of a causal model (Voita et al. 2019, arXiv:1905.09418; Michel et al. 2019,
/// arXiv:1905.10650). Heads are ranked by how much the loss grows when each alone is removed; then
/// the loss is measured with the first 0, 1, 2 ... of an order removed together: in ascending order
/// of that importance (ties by layer, then head), in the reverse, and in random orders. Every loss
/// is that of one whole run with these edits, to rounding.
///
/// Ranking and measuring on the same text flatters the curve. With two texts or more, the first
/// half (rounded up) ranks and the rest is measured; with one, the result says held_out = false.
///
/// A head is removed by replacing its `z` at every position. Losses are the mean of -log p of every
/// token but the first, nats, all texts together weighted by tokens.
/// @throws UnsupportedError  if the model does not predict next tokens
/// @throws UsageError        if there is no text; if one has less than two tokens or more than the
///                           model takes (names its line); as reference_values()
/// @throws ResourceError, CancelledError  as Sweep::run()
PruningResult prune(Session& session, const std::vector<PruningText>& texts,
                    const PruningOptions& options);

/// Numbers of removed heads that a curve of so many steps is measured at: 0 to n_heads, evenly
/// spaced and rounded, each once.
/// @throws UsageError  if steps is less than 1
std::vector<int> pruning_counts(int n_heads, std::optional<int> steps);

}  // namespace headlens
