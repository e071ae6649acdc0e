#pragma once

#include <filesystem>

#include "headlens/reports/curve_picture.h"

namespace headlens {

/// Draws curves with their bands and levels, and their names beside the plot. Points are marked
/// where they are few, and always where they have no neighbour to be joined with.
/// @param path  ends in .png, .svg or .pdf, which chooses the format
/// @throws ShapeError, UsageError  as check_curves()
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_curve_figure(const std::filesystem::path& path, const CurvePicture& picture,
                        double pixels_per_point = 2);

}  // namespace headlens
