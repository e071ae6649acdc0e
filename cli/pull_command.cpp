#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/hub/pull.h"

namespace headlens::cli {

void add_pull_command(CLI::App& program) {
  struct Options {
    std::string name;
    std::string revision = "main";
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("pull", "Bring a model from a Hugging Face hub into its cache");
  command->add_option("name", options->name, "gpt2, owner/name, or owner/name:file.gguf")
      ->required();
  command->add_option("--revision", options->revision, "Branch, tag or commit")
      ->capture_default_str();
  command->footer("Example:\n  headlens pull gpt2");
  command->callback([options] {
    const PullResult result =
        pull(options->name, {.revision = options->revision, .progress = terminal_progress()});
    end_progress();
    fmt::print("{} at commit {}: {} files brought ({:.1f} MB)\n{}\n", result.repository,
               result.commit, result.files_downloaded,
               static_cast<double>(result.bytes_downloaded) / 1e6, result.model.path.string());
  });
}

}  // namespace headlens::cli
