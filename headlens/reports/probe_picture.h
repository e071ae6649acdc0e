#pragma once

#include "headlens/reports/curve_picture.h"
#include "headlens/results/probe_result.h"

namespace headlens {

/// The score against the layer with its interval, the control task, the selectivity and the
/// random-weight model where there are such; baselines as levels. Sites that are no hidden state
/// are numbered in their order.
/// @throws ShapeError  as check_probe()
CurvePicture picture_of(const ProbeResult& result);

/// Who made the picture from what.
std::string probe_origin(const ProbeResult& result);

}  // namespace headlens
