#pragma once

#include <filesystem>

#include "headlens/results/structural_result.h"

namespace headlens {

/// One sentence in a row: above it the tree's edges as arcs, below it those of the minimum spanning
/// tree of the predicted distances, right ones whole and wrong ones dashed; and under the words
/// their depths, true and predicted.
/// @param path  ends in .png, .svg or .pdf, which chooses the format
/// @throws UnsupportedError  if the format is not known
/// @throws ResourceError     if the file cannot be written; no partial file is left
void write_tree_figure(const std::filesystem::path& path, const StructuralResult& result,
                       const ParsedSentence& parse, double pixels_per_point = 2);

}  // namespace headlens
