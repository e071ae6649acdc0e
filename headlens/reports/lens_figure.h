#pragma once

#include <filesystem>

#include "headlens/reports/figure_options.h"
#include "headlens/results/lens_result.h"

namespace headlens {

/// Draws the lens as a table: layers from the output (top) to the embeddings (bottom). With several
/// positions, one column each, naming the most probable token; with a single position, its top-k
/// tokens side by side. Cells are coloured by probability. Of a wide prompt the last positions are
/// drawn and the picture says so.
/// @param path  ends in .png, .svg or .pdf, which chooses the format
/// @throws ShapeError        if the cells disagree with the listed layers and positions
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_lens_figure(const std::filesystem::path& path, const LensResult& result,
                       const FigureOptions& options = {});

}  // namespace headlens
