#pragma once

#include "headlens/results/lens_result.h"

namespace headlens {

/// @throws ShapeError  if the cells disagree with the listed layers, positions or the prompt
void check_lens(const LensResult& result);

}  // namespace headlens
