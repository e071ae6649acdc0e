#pragma once

#include <cstdint>
#include <vector>

#include "headlens/lenses/vocabulary_scan.h"
#include "headlens/models/model.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// How the products with the vocabulary are done.
enum class VocabularyProducts : std::uint8_t {
  f32,
  /// bf16 products find every entry that could be among the top k, with a bound on their error;
  /// those are scored again in float32, so that the top k are exactly f32's. The other entries'
  /// share of normalisers and entropies is bf16's, corrected; divergences are bf16's as they are.
  bf16_screened,
};

struct RowPrediction {
  std::vector<Candidate> top;  ///< best first
  double log_sum_exp = 0;
  double entropy_nats = 0;
  double kl_from_reference_nats = 0;  ///< KL(reference || this)
};

/// Projects rows, ready for the unembedding, into the vocabulary. Rows come in groups of
/// `group_rows` (the layers of one position); the last of each group is the reference of the
/// others' divergence.
/// @param x  [groups * group_rows, d_model]
/// @pre model.load_head() was called, and load_screening() for bf16_screened
std::vector<RowPrediction> project_to_vocabulary(const Model& model, const Tensor& x,
                                                 std::int64_t group_rows, int top_k,
                                                 VocabularyProducts products);

}  // namespace headlens
