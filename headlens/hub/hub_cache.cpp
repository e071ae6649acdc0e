#include "headlens/hub/hub_cache.h"

#include <filesystem>

#include "headlens/hub/cache_paths.h"
#include "headlens/hub/hub_layout.h"
#include "headlens/hub/weight_files.h"

namespace headlens {

std::optional<ResolvedModel> find_in_hub_cache(const ModelName& name) {
  for (const std::string& id : name.cached_repositories()) {
    const HubRepository repository(hub_cache_folder(), id);
    const auto commit = repository.commit_of(name.revision.empty() ? "main" : name.revision);
    if (!commit) continue;
    const std::filesystem::path snapshot = repository.snapshot(*commit);
    auto model = model_at(name.file.empty() ? snapshot : snapshot / name.file, name.text);
    if (model && has_weights(*model)) return model;
  }
  return std::nullopt;
}

}  // namespace headlens
