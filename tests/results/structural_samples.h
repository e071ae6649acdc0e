#pragma once

#include "headlens/results/mdl_result.h"
#include "headlens/results/structural_result.h"

namespace headlens {

/// Hidden states 0 and 4, of which 4 is best; three words, of which the last is punctuation.
StructuralResult structural_sample();

/// Two sites, of which the second has the shortest code.
MdlResult mdl_sample();

}  // namespace headlens
