#pragma once

#include <filesystem>

#include "headlens/reports/effect_picture.h"

namespace headlens {

/// Draws effects in colours that diverge symmetrically from white at zero, blue below and red
/// above; cells that are significant carry a dot.
/// @param path  ends in .png, .svg or .pdf, which chooses the format
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_effect_heatmap(const std::filesystem::path& path, const EffectPicture& picture,
                          double pixels_per_point = 2);

}  // namespace headlens
