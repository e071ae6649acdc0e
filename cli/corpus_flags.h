#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "headlens/probing/harvest_options.h"
#include "headlens/probing/tasks.h"
#include "headlens/run/session.h"

namespace headlens::cli {

/// What commands that run a labelled corpus take: which labels, and which states.
struct CorpusFlags {
  CorpusRequest corpus;
  std::vector<int> layers;
  std::vector<std::string> sites;
  std::string unit, pooling;
  std::string dtype = "f32";
  HarvestOptions harvest;

  void add_to(CLI::App& command);

  /// The sites, unit, pooling and type that were chosen.
  /// @throws UsageError  if a layer or site does not exist
  HarvestOptions options_for(const Session& session, bool no_special_tokens) const;
};

}  // namespace headlens::cli
