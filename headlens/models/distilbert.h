#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// DistilBERT (Sanh et al. 2019): BERT's block without token types.
const Family& distilbert_family();

}  // namespace headlens
