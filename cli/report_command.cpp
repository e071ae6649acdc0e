#include <fmt/core.h>

#include "cli/attention_files.h"
#include "cli/command.h"
#include "headlens/attention/patterns.h"
#include "headlens/base/atomic_file.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/lenses/logit_lens.h"
#include "headlens/reports/attention_grid.h"
#include "headlens/reports/html_report.h"
#include "headlens/reports/lens_figure.h"
#include "headlens/reports/terminal.h"
#include "headlens/results/json.h"
#include "headlens/run/predict.h"

namespace headlens::cli {
namespace {

struct Report {
  std::optional<RunResult> run;  ///< empty for encoders without a head
  AttentionResult attention;
  std::optional<LensResult> lens;  ///< empty for models without a vocabulary

  const RunResult* run_part() const { return run ? &*run : nullptr; }
  const LensResult* lens_part() const { return lens ? &*lens : nullptr; }
};

constexpr int kTop = 10;

bool can_predict(const Session& session, const Prompt& prompt) {
  if (session.spec().output == OutputKind::hidden_states) return false;
  if (session.spec().output != OutputKind::masked_token) return true;
  return prompt.tokens.text.find("mask") != std::string::npos ||
         prompt.tokens.text.find("MASK") != std::string::npos;
}

Report make_report(const CommonOptions& options, Session& session, const Prompt& prompt) {
  Report report;
  report.attention = attention_patterns(session, prompt);
  options.complete(report.attention.provenance, session, prompt);
  const Provenance& provenance = report.attention.provenance;
  if (can_predict(session, prompt)) {
    report.run = predict(session, prompt, kTop);
    report.run->provenance = provenance;
  }
  if (session.spec().predicts_tokens()) {
    report.lens = logit_lens(session, prompt, {.all_positions = true});
    report.lens->provenance = provenance;
  }
  return report;
}

std::vector<std::string> draw_pictures(const std::filesystem::path& out, const Report& report) {
  std::vector<std::string> names;
  for (const int layer : report.attention.layers) {
    names.push_back(fmt::format("attention_L{:02}.png", layer));
  }
  parallel_for(static_cast<std::ptrdiff_t>(names.size()), [&](std::ptrdiff_t i) {
    check_cancellation();
    write_attention_grid(out / names[i], report.attention, report.attention.layers[i]);
  });
  if (report.lens) {
    write_lens_figure(out / "lens.png", *report.lens);
    names.push_back("lens.png");
  }
  return names;
}

void print_summary(const Report& report, const std::filesystem::path& out) {
  const int width = terminal_width();
  if (report.run) fmt::print("{}\n", run_table(*report.run, width));
  fmt::print("{}\n", attention_summary(report.attention, width));
  if (report.lens) fmt::print("{}\n", lens_table(*report.lens, width));
  fmt::print("wrote {} (open it in a browser), report.json, arrays and pictures\n",
             (out / "index.html").string());
}

void write_report(const CommonOptions& options) {
  if (!options.has_out()) throw UsageError("say where the report goes with --out DIR");
  Session session = options.open();
  const Prompt prompt = options.tokenize(session);
  const Report report = make_report(options, session, prompt);
  const std::vector<std::string> arrays = write_attention_arrays(options.out, report.attention);
  std::vector<std::string> pictures = draw_pictures(options.out, report);
  pictures.push_back("index.html");
  write_html_report(options.out / "index.html",
                    {report.run_part(), &report.attention, report.lens_part()});
  const std::string json = to_text(
      report_json(report.run_part(), &report.attention, arrays, report.lens_part(), pictures));
  write_file(options.out / "report.json", json);
  end_progress();
  if (options.json) {
    fmt::print("{}", json);
  } else {
    print_summary(report, options.out);
  }
}

}  // namespace

void add_report_command(CLI::App& program) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command = program.add_subcommand(
      "report", "Predictions, attention and lens of a prompt as one page with pictures");
  options->add_to(*command);
  command->footer(
      "Example:\n  headlens report 'The cat sat on the mat because it was comfortable' "
      "--model smollm2-135m --out out/cat");
  command->callback([options] { write_report(*options); });
}

}  // namespace headlens::cli
