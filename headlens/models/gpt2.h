#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// GPT-2 (Radford et al. 2019).
const Family& gpt2_family();

}  // namespace headlens
