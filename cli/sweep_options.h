#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/command.h"
#include "headlens/interventions/effect_study.h"
#include "headlens/reports/effect_picture.h"

namespace headlens::cli {

/// What every command that sweeps over variants takes.
struct SweepCommandOptions {
  std::string answer, foil;
  std::string metric;  ///< empty: logit-difference with a foil, else probability
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  bool bf16_deltas = false;
  std::filesystem::path prompts;  ///< a set of prompts instead of one
  std::uint64_t seed = 0;
  std::string format = "png";  ///< of the picture

  /// The question and all that follows.
  void add_to(CLI::App& command);
  /// How to work and draw, for commands that ask nothing: memory, bf16 deltas, seed, format.
  void add_work_to(CLI::App& command);
  /// @throws UsageError  if there is no such metric
  AskedFor asked() const;
  SweepOptions sweep() const;
  bool has_prompts() const { return !prompts.empty(); }
  StudyOptions study(const CommonOptions& common) const;
};

/// Writes a result as NAME.json and NAME.csv and, if there is a picture, draws it as NAME.png (or
/// as --format says), where there is a folder to write to.
void write_sweep(const std::string& name, const std::string& json, const std::string& csv,
                 const std::optional<EffectPicture>& picture, const CommonOptions& common,
                 const SweepCommandOptions& options);

/// Prints and writes a study as the options say.
void show_study(StudyResult result, const CommonOptions& common,
                const SweepCommandOptions& options);

}  // namespace headlens::cli
