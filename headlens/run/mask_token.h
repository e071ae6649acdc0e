#pragma once

#include <cstdint>

#include "headlens/run/session.h"

namespace headlens {

/// The token that stands for what a masked language model is to predict.
/// @throws UsageError  if the tokenizer has none
std::int32_t mask_token(const Session& session);

}  // namespace headlens
