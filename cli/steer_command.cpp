#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/npy.h"
#include "headlens/interventions/steering.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

struct SteerCommandOptions {
  CommonOptions common;
  std::string toward, away;
  std::filesystem::path vector;
  SteerOptions steer;
};

Tensor vector_of(const SteerCommandOptions& options, Session& session) {
  const bool has_texts = !options.toward.empty() && !options.away.empty();
  if (has_texts == !options.vector.empty()) {
    throw UsageError("give --toward and --away, or a --vector file, to say where to steer");
  }
  if (!has_texts) return read_npy(options.vector);
  return contrast_vector(session, options.common.tokenize(session, options.toward),
                         options.common.tokenize(session, options.away), options.steer.layer);
}

void show_steer(const SteerCommandOptions& options) {
  Session session = options.common.open();
  const Prompt prompt = options.common.tokenize(session);
  const Tensor vector = vector_of(options, session);
  SteerResult result = steer(session, prompt, vector, options.steer);
  result.toward = options.toward;
  result.away = options.away;
  options.common.complete(result.provenance, session, prompt);
  end_progress();
  const std::string json = to_text(to_json(result));
  if (options.common.has_out()) {
    write_file(options.common.out / "steer.json", json);
    write_npy(options.common.out / "vector.npy", vector);
  }
  fmt::print("{}", options.common.json ? json : steer_table(result, terminal_width()));
}

}  // namespace

void add_steer_command(CLI::App& program) {
  auto options = std::make_shared<SteerCommandOptions>();
  CLI::App* command = program.add_subcommand(
      "steer", "What the model writes with a vector added to its residual stream");
  options->common.add_to(*command);
  command->add_option("--toward", options->toward, "A text of the kind to steer toward");
  command->add_option("--away", options->away, "A text of the other kind");
  command->add_option("--vector", options->vector, "A .npy file of d_model numbers instead");
  command->add_option("--layer", options->steer.layer, "Whose output the vector is added to")
      ->required();
  command->add_option("--scale", options->steer.scale, "How many times; negative: away")
      ->capture_default_str();
  command->add_option("--tokens", options->steer.continuation, "How many tokens to write")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command->add_option("-k,--top", options->steer.top_k, "How many next tokens to show")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->footer(
      "Example:\n  headlens steer 'I think that this film is' --toward 'I love this' --away 'I "
      "hate this' --layer 12 --scale 2 --model smollm2-135m");
  command->callback([options] { show_steer(*options); });
}

}  // namespace headlens::cli
