#pragma once

#include <filesystem>

#include "headlens/reports/figure_options.h"
#include "headlens/results/attention_result.h"

namespace headlens {

/// Draws the pattern of one head: queries downwards, keys to the right, a fixed scale from 0 to 1.
/// Long prompts get an image instead of cells, with every k-th token named; where a cell would be
/// smaller than a pixel, several are pooled by their maximum and the picture says so.
/// @param path   ends in .png, .svg or .pdf, which chooses the format
/// @param layer  of the model, as listed in result.layers
/// @throws UsageError        if the layer or head is not in the result
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_attention_heatmap(const std::filesystem::path& path, const AttentionResult& result,
                             int layer, int head, const FigureOptions& options = {});

}  // namespace headlens
