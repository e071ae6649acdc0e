#include "cli/sweep_options.h"

#include "cli/command.h"
#include "headlens/base/errors.h"

namespace headlens::cli {

void SweepCommandOptions::add_to(CLI::App& command) {
  std::string names;
  for (const std::string_view name : metric_names()) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  command.add_option(
      "-a,--answer", answer,
      "The text that should follow, with its space; default what the model predicts");
  command.add_option("-f,--foil", foil, "The text it is compared with");
  command.add_option("--metric", metric,
                     names + "; default logit-difference with a foil, else probability");
  command
      .add_option("--memory", memory_bytes,
                  "Memory for variants besides the weights, e.g. 500MB; chunks are chosen by it")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("1GB");
}

AskedFor SweepCommandOptions::asked() const {
  AskedFor asked{.answer = answer, .foil = foil};
  if (!metric.empty()) {
    asked.metric = parse_metric(metric);
  } else if (!foil.empty()) {
    asked.metric = Metric::logit_difference;
  }
  if (asked.metric == Metric::logit_difference && foil.empty()) {
    throw UsageError("logit-difference needs a foil: give --foil");
  }
  return asked;
}

SweepOptions SweepCommandOptions::sweep() const {
  return {.memory_bytes = static_cast<std::int64_t>(memory_bytes), .progress = terminal_progress()};
}

}  // namespace headlens::cli
