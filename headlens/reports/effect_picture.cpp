#include "headlens/reports/effect_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/reports/effect_table.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kLabelColumns = 16;
constexpr double kLevel = 0.05;

std::string title_of_axis(const std::string& name) {
  return name == "head" ? "Head" : name == "position" ? "Position" : "";
}

std::string column_name(const GridAxis& axis, int index, const PromptTokens* prompt) {
  if (axis.name != "position" || prompt == nullptr) return std::to_string(index);
  return fmt::format("{} {}", isolated(token_label(prompt->tokens[index].text, kLabelColumns)),
                     index);
}

/// Which axis stands to the right: positions, heads where each has pairs of positions, or what
/// there is.
std::size_t column_axis(const std::vector<GridAxis>& axes) { return axes.size() == 3 ? 2 : 1; }

void check_axes(const std::vector<GridAxis>& axes, std::size_t n_values) {
  std::size_t places = 1;
  for (const GridAxis& axis : axes) places *= axis.indices.size();
  if (axes.empty() || axes.front().name != "layer" || axes.size() > 4 || places != n_values) {
    throw ShapeError("effect heatmap", "a grid over layers, and heads, positions or their pairs",
                     fmt::format("{} axes and {} values", axes.size(), n_values));
  }
}

std::string note_of(const std::vector<GridAxis>& axes) {
  if (axes.size() == 4) {
    return "Each cell shows the pair of query and key of that head with the largest effect.";
  }
  const bool has_heads = axes.size() == 3 && axes[1].indices.size() > 1;
  return has_heads ? "Each cell shows the head of that layer with the largest effect." : "";
}

/// @param effect  of a place of the grid, by its index in C order
template <typename Effect>
EffectPicture lay_effects(const std::vector<GridAxis>& axes, std::size_t n_values,
                          const PromptTokens* prompt, const Effect& effect) {
  check_axes(axes, n_values);
  EffectPicture picture;
  picture.layers = axes.front().indices;
  const GridAxis alone{.name = "", .indices = {0}};
  const GridAxis& columns = axes.size() > 1 ? axes[column_axis(axes)] : alone;
  picture.column_axis = title_of_axis(columns.name);
  for (const int index : columns.indices) {
    picture.columns.push_back(axes.size() > 1 ? column_name(columns, index, prompt) : "");
  }
  const std::size_t n_columns = columns.indices.size();
  const std::size_t per_layer = n_values / picture.layers.size();
  const std::size_t per_column = axes.size() == 4 ? per_layer / n_columns : 1;
  picture.effects.assign(picture.layers.size() * n_columns, 0);
  for (std::size_t i = 0; i < n_values; ++i) {
    const auto here = static_cast<float>(effect(i));
    float& cell =
        picture.effects[i / per_layer * n_columns + i % per_layer / per_column % n_columns];
    if (std::isnan(here) || std::abs(here) > std::abs(cell)) cell = here;
  }
  if (const std::string note = note_of(axes); !note.empty()) picture.text.notes.push_back(note);
  return picture;
}

std::string alignment_note(const PatchResult& result) {
  return fmt::format(
      "Prompts of different lengths, aligned; positions of the {} run. Grey: the {} of them that "
      "have no partner.",
      result.direction == "noise" ? "clean" : "corrupt", std::ranges::count(result.partners, -1));
}

void set_text(EffectPicture& picture, FigureText text) {
  text.notes.insert(text.notes.end(), picture.text.notes.begin(), picture.text.notes.end());
  picture.text = std::move(text);
}

}  // namespace

EffectPicture picture_of(const AblationResult& result) {
  EffectPicture picture =
      lay_effects(result.grid.axes, result.grid.values.size(), &result.prompt,
                  [&](std::size_t i) { return result.grid.values[i] - result.base; });
  const std::string metric = metric_name(result.question);
  FigureText text = figure_text(fmt::format("Ablation of {} ({})", result.site, result.kind),
                                result.provenance, result.prompt);
  text.notes = {fmt::format("{}: {:.4f} without ablation. Colours: what ablation adds to it.",
                            metric, result.base)};
  set_text(picture, std::move(text));
  picture.bar_name = "Change of " + metric;
  return picture;
}

EffectPicture picture_of(const PatchResult& result) {
  const bool denoise = result.direction == "denoise";
  const double edited = denoise ? result.corrupt_metric : result.clean_metric;
  const double span = result.clean_metric - result.corrupt_metric;
  EffectPicture picture =
      lay_effects(result.grid.axes, result.grid.values.size(), &result.grid_prompt(),
                  [&](std::size_t i) { return (result.grid.values[i] - edited) / span; });
  FigureText text =
      figure_text(fmt::format("Patching {}: {} into {}", result.site, denoise ? "clean" : "corrupt",
                              denoise ? "corrupt" : "clean"),
                  result.provenance, result.clean);
  text.notes = {fmt::format("{}: clean {:.4f}, corrupt {:.4f}. Colours: {}",
                            metric_name(result.question), result.clean_metric,
                            result.corrupt_metric,
                            denoise ? "0 is the corrupt run, 1 the clean one."
                                    : "0 is the clean run, -1 the corrupt one.")};
  if (!result.partners.empty()) text.notes.push_back(alignment_note(result));
  text.origin.insert(text.origin.begin() + 1, "corrupt: " + quoted_prompt(result.corrupt, 240));
  set_text(picture, std::move(text));
  picture.bar_name = "Part of clean - corrupt";
  return picture;
}

EffectPicture picture_of(const AttributionResult& result) {
  EffectPicture picture =
      lay_effects(result.estimates.axes, result.estimates.values.size(), &result.clean,
                  [&](std::size_t i) { return result.estimates.values[i]; });
  FigureText text = figure_text(
      fmt::format("Estimated effect of patching {} ({})", result.site, result.direction),
      result.provenance, result.clean);
  text.notes = {fmt::format("Estimates, not effects: {}.", result.method)};
  if (result.quality.verified > 0) {
    text.notes.push_back(fmt::format(
        "Of the {} largest, patched exactly: rank correlation {:.2f}, mean error {:.3g} beside a "
        "mean effect of {:.3g}.",
        result.quality.verified, result.quality.rank_correlation,
        result.quality.mean_absolute_error, result.quality.mean_absolute_effect));
  }
  text.origin.insert(text.origin.begin() + 1, "corrupt: " + quoted_prompt(result.corrupt, 240));
  set_text(picture, std::move(text));
  picture.bar_name = "Estimated change of " + metric_name(result.question);
  return picture;
}

EffectPicture picture_of(const StudyResult& result) {
  EffectPicture picture = lay_effects(result.axes, result.places.size(), nullptr,
                                      [&](std::size_t i) { return result.places[i].mean; });
  if (result.axes.size() < 3) {
    for (const PlaceEffect& place : result.places) {
      picture.significant.push_back(place.p_holm <= kLevel ? 1 : 0);
    }
  }
  const std::string analysis = result.analysis == "patch" ? "Patching" : "Ablation";
  FigureText text{.title = fmt::format("{} of {} ({}), {} prompts", analysis, result.site,
                                       result.kind, result.n_prompts),
                  .subtitle = one_line(result.provenance.model_name, 60),
                  .notes = {},
                  .origin = {}};
  text.notes = {fmt::format("Mean {} of the runs left alone: {:.4f} [{:.4f}, {:.4f}].",
                            result.metric, result.base_mean, result.base_low, result.base_high)};
  if (!picture.significant.empty()) {
    text.notes.push_back(fmt::format(
        "Dots: p at most {} by sign flips, after Holm's correction over {} places ({} of them).",
        kLevel, result.places.size(), count_significant(result, &PlaceEffect::p_holm, kLevel)));
  }
  text.origin = {fmt::format("{} · {} · {} prompts of {}, {} dropped · headlens {}",
                             one_line(result.provenance.model_name, 60),
                             precision_text(result.provenance), result.n_prompts,
                             one_line(result.prompts_file, 60), result.dropped.size(),
                             result.provenance.headlens_version)};
  set_text(picture, std::move(text));
  picture.bar_name = "Mean change of " + result.metric;
  return picture;
}

}  // namespace headlens
