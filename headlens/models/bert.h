#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// BERT (Devlin et al. 2019).
const Family& bert_family();
/// RoBERTa (Liu et al. 2019): BERT's block; positions start at row 2, other head names.
const Family& roberta_family();

}  // namespace headlens
