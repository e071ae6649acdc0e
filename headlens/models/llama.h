#pragma once

#include "headlens/models/family.h"

namespace headlens {

/// Llama (Touvron et al. 2023), which SmolLM and TinyLlama share.
const Family& llama_family();
/// Mistral (Jiang et al. 2023): Llama with a sliding window.
const Family& mistral_family();
/// Qwen2: Llama with biases on q, k and v.
const Family& qwen2_family();
/// Qwen3: Llama with a norm on each head's q and k.
const Family& qwen3_family();

}  // namespace headlens
