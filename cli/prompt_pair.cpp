#include "cli/prompt_pair.h"

#include "headlens/base/errors.h"

namespace headlens::cli {

void PromptPairOptions::add_to(CLI::App& command) {
  command.add_option("--clean", clean, "The prompt with the right answer");
  command.add_option("--corrupt", corrupt, "Another prompt, of as many tokens");
  command
      .add_option("--direction", direction,
                  "denoise: clean activations into the corrupt run; noise: the reverse")
      ->check(CLI::IsMember({"denoise", "noise"}))
      ->capture_default_str();
}

void PromptPairOptions::check() const {
  if (clean.empty() || corrupt.empty()) throw UsageError("give --clean and --corrupt");
}

PatchDirection PromptPairOptions::patch_direction() const {
  return direction == "noise" ? PatchDirection::noise : PatchDirection::denoise;
}

}  // namespace headlens::cli
