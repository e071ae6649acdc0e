#include "cli/sweep_options.h"

#include <fmt/core.h>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/reports/csv.h"
#include "headlens/reports/effect_heatmap.h"
#include "headlens/reports/effect_table.h"
#include "headlens/results/json.h"

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
  command.add_option("--prompts", prompts,
                     "Many prompts instead of one: JSON Lines with clean, corrupt, answer, foil");
  add_work_to(command);
}

void SweepCommandOptions::add_work_to(CLI::App& command) {
  command
      .add_option("--memory", memory_bytes,
                  "Memory for variants besides the weights, e.g. 500MB; chunks are chosen by it")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("1GB");
  command.add_flag("--bf16-deltas", bf16_deltas,
                   "Compute what differs from the f32 run in bf16: faster, nearly exact");
  command.add_option("--seed", seed, "Of everything that is drawn")->capture_default_str();
  add_picture_format(command, format);
}

AskedFor SweepCommandOptions::asked() const {
  AskedFor asked{.answer = answer, .foil = foil};
  if (!metric.empty()) {
    asked.metric = parse_metric(metric);
  } else if (!foil.empty()) {
    asked.metric = Metric::logit_difference;
  }
  if (has_prompts()) {
    if (!answer.empty() || !foil.empty()) {
      throw UsageError("--prompts brings its own answers and foils: leave out --answer and --foil");
    }
    if (metric.empty()) asked.metric = Metric::logit_difference;
    return asked;
  }
  if (asked.metric == Metric::logit_difference && foil.empty()) {
    throw UsageError("logit-difference needs a foil: give --foil");
  }
  return asked;
}

SweepOptions SweepCommandOptions::sweep() const {
  return {.products = bf16_deltas ? SweepProducts::bf16_deltas : SweepProducts::exact,
          .memory_bytes = static_cast<std::int64_t>(memory_bytes),
          .progress = has_prompts() ? ProgressCallback{} : terminal_progress()};
}

StudyOptions SweepCommandOptions::study(const CommonOptions& common) const {
  StudyOptions study{.seed = seed, .progress = terminal_progress()};
  if (common.has_out()) study.log = common.out / "study_rows.jsonl";
  if (common.no_special_tokens) study.special_tokens = SpecialTokens::none;
  return study;
}

void write_sweep(const std::string& name, const std::string& json, const std::string& csv,
                 const std::optional<EffectPicture>& picture, const CommonOptions& common,
                 const SweepCommandOptions& options) {
  if (!common.has_out()) return;
  write_file(common.out / (name + ".json"), json);
  write_file(common.out / (name + ".csv"), csv);
  if (picture) write_effect_heatmap(common.out / (name + "." + options.format), *picture);
}

void show_study(StudyResult result, const CommonOptions& common,
                const SweepCommandOptions& options) {
  result.provenance.command_line = command_line();
  result.prompts_file = options.prompts.string();
  end_progress();
  const std::string json = to_text(to_json(result));
  write_sweep("study", json, study_csv(result), picture_of(result), common, options);
  fmt::print("{}", common.json ? json : study_table(result, terminal_width()));
}

}  // namespace headlens::cli
