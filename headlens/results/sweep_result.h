#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// What one axis of a grid of values counts: "layer", "head", "position"; of scores and patterns,
/// "query" and "key".
struct GridAxis {
  std::string name;
  std::vector<int> indices;
};

/// One number for each place of a sweep.
struct EffectGrid {
  std::vector<GridAxis> axes;  ///< none: a single number
  std::vector<double> values;  ///< C order over the axes
};

/// What a metric looks for.
struct AnswerTokens {
  std::string text;
  std::vector<std::int32_t> ids;
};

/// What was measured, where, and how.
struct SweepQuestion {
  std::string metric;   ///< as headlens/interventions/metric.h names them
  AnswerTokens answer;  ///< without ids where the metric needs none
  std::optional<AnswerTokens> foil;
  std::vector<int> read_positions;  ///< token positions whose predictions were read
};

/// A head, MLP, layer or position put out of action.
struct AblationResult {
  Provenance provenance;
  PromptTokens prompt;
  SweepQuestion question;
  std::string site;  ///< "z", "mlp_out", ...: TransformerLens's hook name without "hook_"
  std::string kind;  ///< "zero", "mean", "resample"
  std::vector<std::string> ablated;  ///< what was ablated together, where the grid is one number
  double base = 0;                   ///< the metric of the run left alone
  EffectGrid grid;                   ///< the metric after the edit
};

/// Activations of one run put into another.
struct PatchResult {
  Provenance provenance;
  PromptTokens clean, corrupt;
  SweepQuestion question;
  std::string site;
  std::string direction;  ///< "denoise": clean into corrupt; "noise": corrupt into clean
  double clean_metric = 0, corrupt_metric = 0;
  EffectGrid grid;  ///< the metric after the patch; NaN where a position has no partner
  /// Of prompts of different lengths: of each position of the edited prompt, the position of the
  /// source prompt whose activation it gets, -1 where it has no partner. Empty: the same position.
  std::vector<int> partners;

  /// The prompt that is patched into; the grid's positions are its own where prompts are aligned.
  const PromptTokens& edited_prompt() const { return direction == "noise" ? clean : corrupt; }
  const PromptTokens& source_prompt() const { return direction == "noise" ? corrupt : clean; }
  /// Whose tokens name the grid's positions.
  const PromptTokens& grid_prompt() const { return partners.empty() ? clean : edited_prompt(); }

  /// (value - corrupt) / (clean - corrupt): 1 where the patch does what the whole clean run does.
  double normalized(double value) const {
    return (value - corrupt_metric) / (clean_metric - corrupt_metric);
  }
};

}  // namespace headlens
