#pragma once

#include <string>

#include "headlens/results/structural_parse.h"
#include "headlens/results/structural_result.h"

namespace headlens {

/// Layers with their figures, baselines, the parse of one sentence and what it all says.
/// @throws ShapeError  as check_structural()
std::string structural_table(const StructuralResult& result, int width);

/// One row a layer, then one a baseline (named under "layer"). Columns: layer, uuas, uuas_low,
/// uuas_high, distance_spearman, ..., root_accuracy, ..., depth_spearman, ..., distance_loss_edges,
/// depth_loss_edges, distance_p_best_holm, depth_p_best_holm; empty where there is none.
/// @throws ShapeError  as check_structural()
std::string structural_csv(const StructuralResult& result);

/// The words, one a line: head in the tree, the predicted tree's neighbours, and both depths. A
/// neighbour that the tree has too is marked with "=".
std::string parse_text(const ParsedSentence& parse, int width);

/// Of each text its words, their predicted depths, and the words that they hang together with in
/// the predicted tree.
std::string structural_parse_table(const StructuralParse& result, int width);

}  // namespace headlens
