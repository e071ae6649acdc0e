#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "headlens/learn/dependency_tree.h"
#include "headlens/learn/structural_metrics.h"
#include "headlens/learn/structural_probe.h"
#include "headlens/probing/treebank_trees.h"

namespace headlens {

/// One probe, trained and scored.
struct StructuralOutcome {
  std::vector<double> training_losses, validation_losses;  ///< by epoch
  int best_epoch = 0;                                      ///< from 0
  double test_loss = 0;
  std::vector<SentenceStructure> sentences;  ///< of the test
  // Of the sentence to show, where there is one.
  std::vector<WordPair> edges;  ///< of distances
  std::vector<double> depths;   ///< of depths
};

nlohmann::ordered_json to_json(const StructuralOutcome& outcome);
/// @throws FormatError  naming `place`, if the JSON is no outcome
StructuralOutcome outcome_from_json(const nlohmann::json& json, const std::string& place);

/// States of one layer's words, standardised if that is wanted, with their trees.
struct LayerStates {
  const Trees* trees = nullptr;
  Tensor states;

  TreebankStates view() const { return {states.view<2>(), trees->begins, trees->heads}; }
};

struct ScoredProbe {
  StructuralProbe probe;
  StructuralOutcome outcome;
};

/// @param parse  a test sentence to show
ScoredProbe train_and_score(const LayerStates& training, const LayerStates& validation,
                            const LayerStates& test, const StructuralOptions& options,
                            std::optional<std::int64_t> parse);

/// Figures of test sentences whose distances are those of the words in a row, and whose depths are
/// the words' places (Hewitt and Manning's linear baseline).
StructuralOutcome score_chain(const Trees& test, StructuralTarget target);

}  // namespace headlens
