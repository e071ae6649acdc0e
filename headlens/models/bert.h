#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// What BERT and its relatives share: a bidirectional encoder of post-norm blocks, without a head.
/// @param block  its sizes, epsilon and activation; the rest is set here
ModelSpec encoder_spec(BlockSpec block, std::int64_t n_layers);

/// BERT (Devlin et al. 2019).
const Family& bert_family();
/// RoBERTa (Liu et al. 2019): BERT's block; positions start at row 2, other head names.
const Family& roberta_family();

}  // namespace headlens
