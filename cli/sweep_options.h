#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "headlens/interventions/asked_prompt.h"
#include "headlens/interventions/sweep.h"

namespace headlens::cli {

/// What every command that sweeps over variants takes.
struct SweepCommandOptions {
  std::string answer, foil;
  std::string metric;  ///< empty: logit-difference with a foil, else probability
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;

  void add_to(CLI::App& command);
  /// @throws UsageError  if there is no such metric
  AskedFor asked() const;
  SweepOptions sweep() const;
};

}  // namespace headlens::cli
