#pragma once

#include <string>
#include <vector>

#include "headlens/results/sweep_result.h"

namespace headlens {

struct HeadPlace {
  int layer = 0, head = 0;
  bool operator==(const HeadPlace&) const = default;
};

/// "L5H3".
std::string to_string(HeadPlace place);

/// One text that losses were read from.
struct PrunedText {
  int line = 0;  ///< in the file, from 1; 0 where the text came from no file
  PromptTokens prompt;
  int predicted_tokens = 0;    ///< every token but the first
  double base_loss_nats = 0;   ///< of the whole model, mean over them
  bool for_importance = true;  ///< heads were ranked on it
  bool for_curve = true;       ///< the curves were measured on it
};

/// What is left of a model as its heads are removed one after another.
struct PruningCurve {
  std::vector<HeadPlace> order;   ///< every head; the first is removed first
  std::vector<double> loss_nats;  ///< one for each of PruningResult::counts
};

/// How the loss grows as heads are removed: least important first, most important first, and in
/// random orders. Losses are nats per predicted token, weighted by the texts' predicted tokens.
struct PruningResult {
  Provenance provenance;
  std::string texts_file;  ///< empty where the text came from no file
  std::string kind;        ///< what replaces a removed head: "zero", "mean", "resample"
  std::string products;    ///< "exact" or "bf16_deltas"
  std::vector<PrunedText> texts;
  /// Whether the curves were measured on other texts than the heads were ranked on. Where they were
  /// not, the least-important-first curve is better than it would be on new texts.
  bool held_out = false;
  double importance_base_nats = 0;  ///< of the whole model, on the texts of the ranking
  EffectGrid importance;            ///< [layer, head] change of that loss with this head removed
  double base_loss_nats = 0;        ///< of the whole model, on the texts of the curves
  std::vector<int> counts;          ///< removed heads, ascending from 0 to all
  PruningCurve least_first, most_first;
  std::vector<PruningCurve> random;  ///< none where no random order was asked for
};

/// Mean, lowest and highest loss over the random orders at a count; NaN where there are none.
struct RandomLoss {
  double mean = 0, low = 0, high = 0;
};
RandomLoss random_loss(const PruningResult& result, std::size_t index);

/// The largest measured count up to which no measured loss exceeds the whole model's by more than
/// `rise_nats`.
/// @param loss_nats  one for each count
int heads_before_rise(const PruningResult& result, const std::vector<double>& loss_nats,
                      double rise_nats);

/// @throws ShapeError  if the importance, an order or a curve disagrees with the heads or counts
void check_pruning(const PruningResult& result);

}  // namespace headlens
