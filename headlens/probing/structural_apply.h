#pragma once

#include <string>
#include <vector>

#include "headlens/probing/structural_probe_file.h"
#include "headlens/results/structural_parse.h"
#include "headlens/run/session.h"

namespace headlens {

/// The trees that a layer's structural probes see in a new text: depths |B h|^2 of its words, and
/// the minimum spanning tree of their distances |B (h_i - h_j)|^2, without punctuation. Words are
/// simple_words(); their states are pooled as those that the probes were trained on.
/// @throws UsageError   if the text is empty
PredictedTree predict_tree(Session& session, const SavedStructuralProbes& saved,
                           const std::string& text);

/// The same of several texts.
/// @param lines  of each text, for messages and the result; 0 from no file
/// @throws FormatError  if the probes were trained on another model
/// @throws UsageError   as above, naming the line
StructuralParse apply_structural_probes(Session& session, const SavedStructuralProbes& saved,
                                        const std::vector<std::string>& texts,
                                        const std::vector<int>& lines);

}  // namespace headlens
