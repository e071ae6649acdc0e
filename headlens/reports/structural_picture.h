#pragma once

#include "headlens/reports/curve_picture.h"
#include "headlens/results/structural_result.h"

namespace headlens {

/// The figures of distances or of depths against the layer with their intervals; the chain of words
/// as a level. Each must have been probed.
/// @throws ShapeError  as check_structural()
/// @throws UsageError  if the target was not probed
CurvePicture distance_picture(const StructuralResult& result);
CurvePicture depth_picture(const StructuralResult& result);

/// Who made the picture from what.
std::string structural_origin(const StructuralResult& result);

}  // namespace headlens
