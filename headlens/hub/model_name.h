#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headlens/hub/known_models.h"

namespace headlens {

/// What a user wrote as a model's name, taken apart: "gpt2", "owner/name", with "@revision" and
/// ":file.gguf" as options.
struct ModelName {
  std::string text;                   ///< as written
  std::string repository;             ///< on the hub
  std::string revision;               ///< empty if not given
  std::string file;                   ///< empty if not given
  const KnownModel* known = nullptr;  ///< set if the name or repository is a known one
  bool is_short = false;              ///< written as a known model's short name

  /// The repository, and for models that the hub once kept without an owner the old name too, since
  /// caches still hold them under it.
  std::vector<std::string> cached_repositories() const;
};

/// @throws UsageError  if the text can be no model's name
ModelName parse_model_name(std::string_view text);

/// True if `text` is "name" or "owner/name" as the hub allows them; so it is safe in a file name.
bool is_repository_id(std::string_view text);

/// True if `path` is relative and stays where it starts: no "..", no empty part, no control
/// character or backslash.
bool is_safe_relative_path(std::string_view path);

}  // namespace headlens
