#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// GPT-NeoX and Pythia (Black et al. 2022).
const Family& gpt_neox_family();

}  // namespace headlens
