#pragma once

#include <filesystem>

#include "headlens/reports/figure_options.h"
#include "headlens/results/probe_result.h"

namespace headlens {

/// Draws which classes the best layer's probe takes for which: true classes downwards, predicted
/// ones to the right, each cell the share of its true class.
/// @param path  ends in .png, .svg or .pdf, which chooses the format
/// @throws ShapeError        as check_probe(), or if there are no classes
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_confusion_figure(const std::filesystem::path& path, const ProbeResult& result,
                            const FigureOptions& options = {});

}  // namespace headlens
