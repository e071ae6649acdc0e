#include "headlens/reports/structural_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

using BaselineScore = std::optional<StructuralScore> StructuralBaseline::*;

struct CurveOf {
  std::string name;
  StructuralScore StructuralFinding::*score;
  BaselineScore baseline;
};

CurveSeries series(const StructuralResult& result, StructuralTargetMember member,
                   const CurveOf& curve) {
  CurveSeries line{.name = curve.name, .x = {}, .y = {}};
  for (const StructuralLayer& layer : result.layers) {
    const StructuralScore& score = *(layer.*member).*curve.score;
    line.x.push_back(layer.hidden_state);
    line.y.push_back(score.value);
    line.low.push_back(score.low);
    line.high.push_back(score.high);
  }
  return line;
}

CurvePicture picture(const StructuralResult& result, StructuralTargetMember member,
                     const std::string& title, const std::vector<CurveOf>& curves) {
  check_structural(result);
  if (!(result.layers[0].*member)) throw UsageError("there are no figures to draw: " + title);
  CurvePicture made{.x_name = "Hidden state (0: embeddings)",
                    .y_name = "Share, or Spearman's correlation",
                    .series = {},
                    .levels = {},
                    .text = {.title = title,
                             .subtitle = one_line(result.provenance.model_name, 60),
                             .notes = {fmt::format("Bands: {:.0f}% bootstrap intervals over {} "
                                                   "test sentences.",
                                                   100 * result.confidence, result.test_sentences)},
                             .origin = {structural_origin(result)}}};
  for (const CurveOf& curve : curves) {
    made.series.push_back(series(result, member, curve));
    for (const StructuralBaseline& baseline : result.baselines) {
      const auto& score = baseline.*curve.baseline;
      // A chain's distances may all be alike, which correlates with nothing.
      if (baseline.name == "embeddings" || !score || !std::isfinite(score->value)) continue;
      made.levels.push_back({fmt::format("{}, {}", curve.name, baseline.name), score->value});
    }
  }
  return made;
}

}  // namespace

CurvePicture distance_picture(const StructuralResult& result) {
  return picture(
      result, &StructuralLayer::distance, "Tree distances by layer",
      {{"UUAS", &StructuralFinding::tree, &StructuralBaseline::uuas},
       {"Spearman", &StructuralFinding::spearman, &StructuralBaseline::distance_spearman}});
}

CurvePicture depth_picture(const StructuralResult& result) {
  return picture(result, &StructuralLayer::depth, "Tree depths by layer",
                 {{"root accuracy", &StructuralFinding::tree, &StructuralBaseline::root_accuracy},
                  {"Spearman", &StructuralFinding::spearman, &StructuralBaseline::depth_spearman}});
}

std::string structural_origin(const StructuralResult& result) {
  return fmt::format("{} · {} · rank {}{} · trained on {} words, tested on {} · headlens {}",
                     one_line(result.provenance.model_name, 60), result.provenance.precision,
                     result.rank == 0 ? "full" : std::to_string(result.rank),
                     result.standardized ? ", standardised" : "", result.training_words,
                     result.test_words, result.provenance.headlens_version);
}

}  // namespace headlens
