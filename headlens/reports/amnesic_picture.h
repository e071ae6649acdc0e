#pragma once

#include "headlens/reports/curve_picture.h"
#include "headlens/results/amnesic_result.h"

namespace headlens {

/// The loss against the layer that the concept is erased at, beside random directions with a band
/// over their seeds and the labels given back; the unedited model's loss as a level.
CurvePicture picture_of(const AmnesicResult& result);

/// "next-token loss" or "masked-token loss", for titles.
std::string loss_name(const AmnesicResult& result);

}  // namespace headlens
