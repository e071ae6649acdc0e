#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"
#include "headlens/run/prompt.h"
#include "headlens/run/session.h"

namespace headlens::cli {

enum class Required : std::uint8_t { yes, no };

/// What every command that opens a model takes.
struct CommonOptions {
  std::string prompt;
  std::string model = "smollm2-135m";
  std::string precision = "f32";
  bool json = false;
  bool no_special_tokens = false;
  std::filesystem::path out;

  /// The prompt and all that follows.
  void add_to(CLI::App& command, Required prompt_required = Required::yes);
  /// All but the prompt, for commands that take other texts.
  void add_model_to(CLI::App& command);

  bool has_out() const { return !out.empty(); }
  Session open() const;
  Prompt tokenize(const Session& session) const { return tokenize(session, prompt); }
  Prompt tokenize(const Session& session, std::string_view text) const;
  /// Adds what only the command line knows; measures the logits' deviation where
  /// precision is not f32 and no sweep's deviation is known.
  void complete(Provenance& provenance, Session& session, const Prompt& prompt) const;
};

/// --format, of the pictures that a command draws.
void add_picture_format(CLI::App& command, std::string& format);

/// The words the program was started with, as they could be typed again.
void set_command_line(int argc, const char* const* argv);
const std::string& command_line();

/// Takes back the folders that --out made, for a command that failed before it wrote to them.
void remove_empty_made_folders();

/// Columns of the terminal; 80 where standard output is none.
int terminal_width();

/// Shows progress on standard error where that is a terminal; empty elsewhere.
ProgressCallback terminal_progress();
/// Clears the progress line before something else is printed.
void end_progress();

// One file a command; each adds itself to the program.
void add_run_command(CLI::App& program);
void add_attention_command(CLI::App& program);
void add_lens_command(CLI::App& program);
void add_report_command(CLI::App& program);
void add_ablate_command(CLI::App& program);
void add_patch_command(CLI::App& program);
void add_path_patch_command(CLI::App& program);
void add_attribute_patch_command(CLI::App& program);
void add_circuit_command(CLI::App& program);
void add_prune_command(CLI::App& program);
void add_steer_command(CLI::App& program);
void add_harvest_command(CLI::App& program);
void add_amnesic_command(CLI::App& program);
void add_head_gap_command(CLI::App& program);
void add_probe_command(CLI::App& program);
void add_probe_apply_command(CLI::App& program);
void add_structural_probe_command(CLI::App& program);
void add_mdl_probe_command(CLI::App& program);
void add_models_command(CLI::App& program);
void add_pull_command(CLI::App& program);

}  // namespace headlens::cli
