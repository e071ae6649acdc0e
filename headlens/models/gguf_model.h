#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "headlens/formats/gguf.h"
#include "headlens/models/family.h"

namespace headlens {

/// The config.json that the Hugging Face form of a GGUF model would have, from its metadata. No
/// file says the activation: it is the family's usual one, so for GPT-NeoX Pythia's exact GELU.
/// @throws UnsupportedError  if its architecture is not supported; names the supported ones
nlohmann::json config_from_gguf(const GgufFile& file);

/// llama.cpp's tensor names, which are the same for all architectures. Completes `spec` with what
/// only the file tells.
ModelNames names_in_gguf(ModelSpec& spec, const GgufFile& file);

}  // namespace headlens
