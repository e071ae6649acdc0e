#pragma once

#include <filesystem>

#include "headlens/reports/figure_options.h"
#include "headlens/results/attention_result.h"

namespace headlens {

/// Draws the patterns of all heads of one layer as small multiples on one scale from 0 to 1. Token
/// labels are drawn where they can be read.
/// @param path   ends in .png, .svg or .pdf, which chooses the format
/// @param layer  of the model, as listed in result.layers
/// @throws UsageError        if the layer is not in the result
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_attention_grid(const std::filesystem::path& path, const AttentionResult& result,
                          int layer, const FigureOptions& options = {});

}  // namespace headlens
