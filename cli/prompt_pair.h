#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"
#include "headlens/interventions/patching.h"

namespace headlens::cli {

/// What every command takes that compares two runs.
struct PromptPairOptions {
  std::string clean, corrupt;
  std::string direction = "denoise";

  void add_to(CLI::App& command);
  /// @throws UsageError  if one of the prompts is missing
  void check() const;
  PatchDirection patch_direction() const;
};

}  // namespace headlens::cli
