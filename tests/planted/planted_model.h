#pragma once

#include <string>
#include <vector>

#include "headlens/interventions/circuit_nodes.h"
#include "headlens/interventions/patching.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

/// Circuits whose every edge is known, because the weights are written by hand.
enum class PlantedCircuit : std::uint8_t {
  /// A previous-token head gives an induction head its keys: A B ... A -> B.
  induction,
  /// A duplicate-token head finds where the token was before and gives a copying head its query:
  /// the same task, by a pointer.
  duplicate_pointer,
  /// A previous-token head gives a copying head its values: ... A x -> A.
  copy_of_previous,
};

/// What a clean and a corrupt run differ by must flow through exactly these parts.
struct PlantedTruth {
  std::vector<Sender> heads;
  std::vector<Edge> edges;
};

/// A GPT-2 of three layers of five heads, of which two heads are planted and all others, and the
/// MLPs, are decoys: they read at random and write where nothing that is planted reads.
class PlantedModel {
 public:
  /// @param seed  chooses the planted heads' places and the decoys' weights
  PlantedModel(PlantedCircuit circuit, unsigned seed);

  Session& session() { return session_; }
  const PlantedTruth& truth() const { return truth_; }
  /// A clean run that is answered right and a corrupt one that cannot be.
  AskedPair pair() const;

 private:
  TemporaryDirectory folder_;
  PlantedTruth truth_;
  PlantedCircuit circuit_;
  Session session_;
};

}  // namespace headlens
