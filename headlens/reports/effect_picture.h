#pragma once

#include <string>
#include <vector>

#include "headlens/reports/figure_text.h"
#include "headlens/results/attribution_result.h"
#include "headlens/results/study_result.h"
#include "headlens/results/sweep_result.h"

namespace headlens {

/// What a heatmap of effects shows, free of where it stands: layers downwards, heads or positions
/// to the right.
struct EffectPicture {
  std::vector<int> layers;
  std::string column_axis;  ///< "Head", "Position"; empty where there is one column
  std::vector<std::string> columns;
  std::vector<float> effects;     ///< [layer, column]
  std::vector<char> significant;  ///< [layer, column]; empty where nothing was tested
  std::string bar_name;
  FigureText text;
};

/// Changes of the metric. A grid of heads and positions shows of each position the head that
/// changes it most, and one of heads and pairs of positions of each head the pair.
/// @throws ShapeError  if the grid has other axes than layers, then heads, positions or pairs
EffectPicture picture_of(const AblationResult& result);
/// Changes as parts of the difference between the clean and the corrupt run.
/// @throws ShapeError  as above
EffectPicture picture_of(const PatchResult& result);
/// Estimated changes, named as such.
/// @throws ShapeError  as above
EffectPicture picture_of(const AttributionResult& result);
/// Mean changes; cells count that stay significant at 0.05 after Holm's correction.
/// @throws ShapeError  as above
EffectPicture picture_of(const StudyResult& result);

}  // namespace headlens
