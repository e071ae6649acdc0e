#include <fmt/core.h>

#include "cli/command.h"
#include "headlens/hub/model_locator.h"
#include "headlens/results/json.h"

namespace headlens::cli {
namespace {

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.0f} MB", static_cast<double>(bytes) / 1e6);
}

void list(bool json) {
  const std::vector<ListedModel> models = list_models();
  if (json) {
    Json rows = Json::array();
    for (const ListedModel& model : models) {
      rows.push_back({{"name", model.name},
                      {"repository", model.repository},
                      {"family", model.family},
                      {"local", model.local},
                      {"path", model.path.string()},
                      {"bytes", model.bytes}});
    }
    fmt::print("{}", to_text({{"schema", "headlens/models/1"}, {"models", rows}}));
    return;
  }
  for (const ListedModel& model : models) {
    fmt::print("{:<22} {:<11} {:<38} {}\n", model.name, model.family, model.repository,
               model.local ? megabytes(model.bytes) + "  " + model.path.string() : "-");
  }
  fmt::print("\nModels that are not here (-) come with: headlens pull NAME\n");
}

}  // namespace

void add_models_command(CLI::App& program) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      program.add_subcommand("models", "Known models and which of them are on this machine");
  command->add_flag("--json", *json, "Print the list as JSON");
  command->footer("Example:\n  headlens models");
  command->callback([json] { list(*json); });
}

}  // namespace headlens::cli
