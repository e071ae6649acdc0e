#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// Labels [first, end) as they were sent by a probe that was trained on all before them.
struct MdlPortion {
  std::int64_t first = 0, end = 0;
  double bits = 0;
  double accuracy = 0;  ///< of that probe on them
};

/// The length of the code of the labels given one layer's states.
struct MdlCode {
  double code_length_bits = 0;            ///< mean over seeds
  double standard_deviation = 0;          ///< over seeds, of the population (n below)
  double compression = 0;                 ///< n log2 K / code length
  std::vector<MdlPortion> portions = {};  ///< of the online code, of the first seed
  /// As Voita and Titov's notebook prints them, which adds nats to bits; of the first seed. NaN of
  /// the variational code.
  double notebook_kbits = 0, notebook_compression = 0;
  // Of the variational code; NaN of the online code.
  double data_bits = 0, weight_bits = 0, prior_deviation = 0;
  double accuracy =
      0;  ///< online: of the last portion's probe; variational: on the rows themselves
  bool converged = true;
};

struct MdlLayer {
  std::string site;
  std::optional<int> hidden_state = {};  ///< 0 the embeddings; absent for sites that are none
  MdlCode task = {};
  std::optional<MdlCode> control = {};  ///< the same labels drawn anew for each word type
};

/// How short labels become when the states of a layer are known (Voita and Titov 2020).
struct MdlResult {
  Provenance provenance;
  std::string task, column;
  std::string data;
  std::string unit, pooling;
  std::string code;   ///< "online" or "variational"
  std::string probe;  ///< "logistic", "linear-adam", "mlp"; of the variational code "gaussian"
  double c = 1;       ///< of logistic
  int hidden = 0, epochs = 0;  ///< of probes by Adam
  bool standardized = false;
  int seeds = 1;
  std::int64_t rows = 0, sentences = 0, word_types = 0;
  std::vector<std::string> classes;
  double uniform_bits = 0;  ///< n log2 K
  double entropy_bits =
      0;  ///< n H of the labels' shares: what no code that knows no state undercuts
  std::vector<MdlLayer> layers;
};

/// "layer 12", or the site where it is no hidden state.
std::string layer_name(const MdlLayer& layer);

/// The layer whose code is shortest; of equal ones the first.
std::size_t shortest_layer(const MdlResult& result);

/// What the lengths say, in plain sentences, and no more than that.
std::vector<std::string> mdl_conclusion(const MdlResult& result);

/// @throws ShapeError  if there is no layer, or portions differ between layers
void check_mdl(const MdlResult& result);

}  // namespace headlens
