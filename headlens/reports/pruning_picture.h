#pragma once

#include <string>
#include <vector>

#include "headlens/reports/curve_picture.h"
#include "headlens/results/pruning_result.h"

namespace headlens {

/// The loss against the number of removed heads: a curve for each order, the mean of the random
/// ones with a band from the lowest to the highest, and the whole model's loss as a level.
/// @throws ShapeError  as check_pruning()
CurvePicture picture_of(const PruningResult& result);

/// {"ranked on 3 texts (120 predicted tokens)", "measured on 2 texts held out (88 predicted
/// tokens)"}, or that both were the same text.
std::vector<std::string> split_notes(const PruningResult& result);

}  // namespace headlens
