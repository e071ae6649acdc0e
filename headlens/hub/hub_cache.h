#pragma once

#include <optional>

#include "headlens/hub/model_locator.h"
#include "headlens/hub/model_name.h"

namespace headlens {

/// The model in the hub's cache, if all of its weights are there.
/// @throws UsageError  if the repository holds several GGUF files and the name says none
std::optional<ResolvedModel> find_in_hub_cache(const ModelName& name);

}  // namespace headlens
