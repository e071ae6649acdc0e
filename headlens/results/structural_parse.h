#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

struct PredictedWord {
  std::string form;
  std::int64_t char_begin = 0, char_end = 0;  ///< in the text, in Unicode code points
  bool in_tree = true;                        ///< false for punctuation, which has no edges
  double depth = 0;                           ///< predicted; NaN without a depth probe
};

/// An edge of a minimum spanning tree of predicted distances.
struct PredictedEdge {
  int first = 0, second = 0;  ///< words, numbers from 1; the first is the smaller
  double distance = 0;        ///< predicted
};

struct PredictedTree {
  int line = 0;  ///< of the file, from 1; 0 where the text came from no file
  std::string text;
  std::vector<PredictedWord> words;
  std::vector<PredictedEdge> edges;  ///< none without a distance probe
  int root = 0;  ///< the word of least depth that is in the tree, from 1; 0 where none is known
};

/// New texts, as a layer's saved structural probes see their trees.
struct StructuralParse {
  Provenance provenance;
  std::string probe;  ///< the file that was named
  int hidden_state = 0;
  std::string pooling;
  bool has_distances = false, has_depths = false;
  std::vector<PredictedTree> trees;
};

}  // namespace headlens
