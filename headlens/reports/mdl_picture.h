#pragma once

#include "headlens/reports/curve_picture.h"
#include "headlens/results/mdl_result.h"

namespace headlens {

/// Bits a row against the layer, of the task and its control; what labels alone need and the
/// uniform code as levels. Sites that are no hidden state are numbered in their order.
/// @throws ShapeError  as check_mdl()
CurvePicture picture_of(const MdlResult& result);

/// Bits a row against the rows that a probe was trained on, of the shortest layer's online code and
/// its control.
/// @throws UsageError  if the code is not online
CurvePicture portions_picture(const MdlResult& result);

}  // namespace headlens
