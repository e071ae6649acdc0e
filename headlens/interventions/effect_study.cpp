#include "headlens/interventions/effect_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/interventions/study_log.h"
#include "headlens/run/provenance.h"
#include "headlens/statistics/bootstrap.h"
#include "headlens/statistics/effect_size.h"
#include "headlens/statistics/multiple_testing.h"
#include "headlens/statistics/sign_flip.h"

namespace headlens {
namespace {

/// Prompts that run together: their variants fill chunks, their base runs stay small.
constexpr std::size_t kPromptsAtOnce = 16;

/// Works through the rows that the log does not have yet, some at a time.
/// @param compute  effects of neighbouring rows; dropped ones among them
template <typename Compute>
void complete_log(const std::vector<PromptRow>& rows, StudyLog& log, const StudyOptions& options,
                  const Compute& compute) {
  for (std::size_t first = 0; first < rows.size(); first += kPromptsAtOnce) {
    const std::size_t end = std::min(rows.size(), first + kPromptsAtOnce);
    if (log.rows().size() >= end) continue;
    check_cancellation();
    std::vector<RowEffects> effects = compute(std::span(rows).subspan(first, end - first));
    for (std::size_t i = log.rows().size() - first; i < effects.size(); ++i) {
      log.add(std::move(effects[i]));
    }
    if (options.progress) options.progress({"running prompts", end, rows.size(), "prompts"});
  }
}

/// The rows that count, all of one grid.
std::vector<const RowEffects*> kept_rows(const StudyLog& log, StudyResult& result) {
  std::vector<const RowEffects*> kept;
  for (const RowEffects& row : log.rows()) {
    if (!row.dropped.empty()) {
      result.dropped.push_back({row.line, row.dropped});
      continue;
    }
    if (!kept.empty() && row.grid.values.size() != kept.front()->grid.values.size()) {
      throw UsageError(fmt::format(
          "line {} gives a grid of {} places and line {} one of {}: positions of prompts of other "
          "lengths do not correspond; sweep over heads or layers",
          kept.front()->line, kept.front()->grid.values.size(), row.line, row.grid.values.size()));
    }
    kept.push_back(&row);
  }
  if (kept.empty()) {
    throw UsageError(fmt::format("no prompt is left: all {} were dropped, line {} because {}",
                                 result.dropped.size(), result.dropped.front().line,
                                 result.dropped.front().reason));
  }
  return kept;
}

void add_places(const std::vector<const RowEffects*>& rows, const StudyOptions& options,
                StudyResult& result) {
  const auto n = static_cast<std::int64_t>(rows.size());
  const auto n_places = static_cast<std::int64_t>(rows.front()->grid.values.size());
  std::vector<double> effects;
  for (const RowEffects* row : rows) {
    for (const double value : row->grid.values) effects.push_back(value - row->edited);
  }
  const SampleMatrix samples{effects, n, n_places};
  const auto intervals = bootstrap_means(
      samples,
      {.resamples = options.resamples, .confidence = options.confidence, .seed = options.seed});
  const auto sizes = effect_sizes(samples);
  const auto p = sign_flip_p_values(samples, {.flips = options.flips, .seed = options.seed});
  const auto p_holm = holm(p), p_bh = benjamini_hochberg(p);
  for (std::int64_t i = 0; i < n_places; ++i) {
    result.places.push_back({.mean = sizes[i].mean,
                             .low = intervals[i].low,
                             .high = intervals[i].high,
                             .cohen_d = sizes[i].cohen_d,
                             .p = p[i],
                             .p_holm = p_holm[i],
                             .p_bh = p_bh[i]});
  }
}

void add_base(const std::vector<const RowEffects*>& rows, const StudyOptions& options,
              StudyResult& result) {
  const auto n = static_cast<double>(rows.size());
  std::vector<double> edited;
  for (const RowEffects* row : rows) {
    edited.push_back(row->edited);
    result.source_mean += row->source / n;
    result.base_mean += row->edited / n;
    result.accuracy += row->clean > 0 ? 1 / n : 0;  // of logit differences
  }
  if (result.metric != to_string(Metric::logit_difference)) {
    result.accuracy = std::numeric_limits<double>::quiet_NaN();
  }
  const Interval interval = bootstrap_means(
      {edited, static_cast<std::int64_t>(edited.size()), 1},
      {.resamples = options.resamples, .confidence = options.confidence, .seed = options.seed})[0];
  result.base_low = interval.low;
  result.base_high = interval.high;
}

StudyResult summarize(const StudyLog& log, const StudyOptions& options, StudyResult result) {
  const std::vector<const RowEffects*> rows = kept_rows(log, result);
  result.n_prompts = static_cast<int>(rows.size());
  result.confidence = options.confidence;
  result.resamples = options.resamples;
  result.flips = options.flips;
  result.axes = rows.front()->grid.axes;
  add_base(rows, options, result);
  add_places(rows, options, result);
  return result;
}

nlohmann::ordered_json work_of(const Session& session, const StudyResult& result,
                               const AskedFor& asked, GridColumns columns,
                               const SweepOptions& sweep, const std::vector<PromptRow>& rows) {
  return {{"study", result.analysis},
          {"model_sha256", provenance_of(session).model_sha256},
          {"precision", to_string(session.precision())},
          {"bf16_deltas", sweep.products == SweepProducts::bf16_deltas},
          {"site", result.site},
          {"kind", result.kind},
          {"metric", to_string(asked.metric)},
          {"columns", static_cast<int>(columns)},
          {"prompts", rows.size()},
          {"prompts_sha256", prompts_sha256(rows)}};
}

AskedPrompt ask_row(Session& session, const PromptRow& row, Metric metric,
                    SpecialTokens special_tokens) {
  return ask(session, make_prompt(session, row.clean, special_tokens),
             {.metric = metric, .answer = row.answer, .foil = row.foil});
}

/// Of a row that was kept, how many were kept before it of those that ran together: what is drawn
/// for it depends on that.
std::size_t place_among_asked(const StudyLog& log, std::size_t row) {
  std::size_t place = 0;
  for (std::size_t i = row / kPromptsAtOnce * kPromptsAtOnce; i < row; ++i) {
    if (log.rows()[i].dropped.empty()) ++place;
  }
  return place;
}

/// @param again  as SweptValues::again, of a row of the log
template <typename Again>
std::optional<SweepDeviation> deviation_of_rows(Session& session, const SweepOptions& options,
                                                const StudyLog& log, const StudyResult& result,
                                                const Again& again) {
  std::vector<std::size_t> kept;
  SweptValues swept{.metric = result.metric, .prompts = {}, .name = {}, .again = {}};
  for (std::size_t i = 0; i < log.rows().size(); ++i) {
    const RowEffects& row = log.rows()[i];
    if (!row.dropped.empty()) continue;
    kept.push_back(i);
    swept.prompts.push_back({row.grid.values, row.edited});
  }
  const std::vector<GridPlace> places = grid_places(result.axes);
  swept.name = [&](std::size_t place) { return place_name(places[place]); };
  swept.again = [&](Session& f32, const SweepOptions& sweep, std::size_t prompt,
                    const std::vector<std::size_t>& some) {
    return again(f32, sweep, kept[prompt], some);
  };
  return deviation_from_f32(session, options, swept);
}

/// Runs `ask` for a row; what the row cannot be asked becomes its reason to be dropped.
template <typename Ask>
void try_row(const PromptRow& row, std::vector<RowEffects>& effects, const Ask& ask) {
  RowEffects& effect = effects.emplace_back();
  effect.line = row.line;
  try {
    ask();
  } catch (const UsageError& error) {
    effect.dropped = error.what();
  }
}

/// Puts the effects of the rows that were asked where they belong.
template <typename Effects, typename Fill>
void fill_rows(std::vector<RowEffects>& rows, std::vector<Effects> computed, const Fill& fill) {
  std::size_t next = 0;
  for (RowEffects& row : rows) {
    if (!row.dropped.empty()) continue;
    fill(row, computed[next]);
    row.grid = std::move(computed[next++].grid);
  }
}

}  // namespace

StudyResult study_ablation(Session& session, const std::vector<PromptRow>& rows,
                           const AblationOptions& ablation, const StudyOptions& options) {
  StudyResult result;
  result.analysis = "ablation";
  result.site = site_kind_name(ablation.site);
  result.kind = to_string(ablation.replacement);
  result.metric = to_string(ablation.asked.metric);
  StudyLog log(options.log,
               work_of(session, result, ablation.asked, ablation.columns, ablation.sweep, rows));
  complete_log(rows, log, options, [&](std::span<const PromptRow> some) {
    std::vector<RowEffects> effects;
    std::vector<AskedPrompt> asked;
    for (const PromptRow& row : some) {
      try_row(row, effects, [&] {
        asked.push_back(ask_row(session, row, ablation.asked.metric, options.special_tokens));
      });
    }
    if (asked.empty()) return effects;
    fill_rows(effects, ablation_effects(session, asked, ablation),
              [](RowEffects& row, const AblationEffects& one) {
                row.edited = row.source = row.clean = one.base;
              });
    return effects;
  });
  result.provenance = sweep_provenance(session, ablation.sweep);
  result.provenance.seed = options.seed;
  result = summarize(log, options, std::move(result));
  result.provenance.sweep_deviation = deviation_of_rows(
      session, ablation.sweep, log, result,
      [&](Session& f32, const SweepOptions& sweep, std::size_t row,
          const std::vector<std::size_t>& places) {
        AskedPrompt asked = ask_row(f32, rows[row], ablation.asked.metric, options.special_tokens);
        AblationOptions same = ablation;
        same.seed += place_among_asked(log, row);
        return ablated_again(f32, asked, same, sweep, places);
      });
  return result;
}

StudyResult study_patch(Session& session, const std::vector<PromptRow>& rows,
                        const PatchOptions& patching, const StudyOptions& options) {
  const bool denoise = patching.direction == PatchDirection::denoise;
  StudyResult result;
  result.analysis = "patch";
  result.site = site_kind_name(patching.site);
  result.kind = to_string(patching.direction);
  result.metric = to_string(patching.asked.metric);
  StudyLog log(options.log,
               work_of(session, result, patching.asked, patching.columns, patching.sweep, rows));
  complete_log(rows, log, options, [&](std::span<const PromptRow> some) {
    std::vector<RowEffects> effects;
    std::vector<AskedPair> pairs;
    for (const PromptRow& row : some) {
      try_row(row, effects, [&] {
        pairs.push_back(ask_row_pair(session, row, patching.asked.metric, options.special_tokens));
      });
    }
    if (pairs.empty()) return effects;
    fill_rows(effects, patch_effects(session, pairs, patching),
              [denoise](RowEffects& row, const PatchEffects& one) {
                row.edited = denoise ? one.corrupt : one.clean;
                row.source = denoise ? one.clean : one.corrupt;
                row.clean = one.clean;
              });
    return effects;
  });
  result.provenance = sweep_provenance(session, patching.sweep);
  result.provenance.seed = options.seed;
  result = summarize(log, options, std::move(result));
  result.provenance.sweep_deviation =
      deviation_of_rows(session, patching.sweep, log, result,
                        [&](Session& f32, const SweepOptions& sweep, std::size_t row,
                            const std::vector<std::size_t>& places) {
                          AskedPair pair = ask_row_pair(f32, rows[row], patching.asked.metric,
                                                        options.special_tokens);
                          return patched_again(f32, pair, patching, sweep, places);
                        });
  return result;
}

}  // namespace headlens
