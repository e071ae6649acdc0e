#pragma once

#include "headlens/reports/curve_picture.h"
#include "headlens/results/circuit_result.h"

namespace headlens {

/// Faithfulness against the number of parts that are kept, with its interval, the whole model's as
/// a level, and the chosen circuit as a point. A circuit that was given is one point.
CurvePicture picture_of(const CircuitResult& result);

}  // namespace headlens
