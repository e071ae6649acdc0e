#include "headlens/reports/pruning_picture.h"

#include <fmt/format.h>

#include "headlens/reports/number_text.h"
#include "headlens/reports/precision_text.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

struct TextCount {
  int texts = 0, tokens = 0;
};

TextCount count_texts(const PruningResult& result, bool PrunedText::*part) {
  TextCount count;
  for (const PrunedText& text : result.texts) {
    if (!(text.*part)) continue;
    ++count.texts;
    count.tokens += text.predicted_tokens;
  }
  return count;
}

CurveSeries series_of(std::string name, const std::vector<double>& x, const PruningCurve& curve) {
  return {.name = std::move(name), .x = x, .y = curve.loss_nats};
}

CurveSeries random_series(const PruningResult& result, const std::vector<double>& x) {
  const std::size_t orders = result.random.size();
  CurveSeries series{
      .name = orders == 1 ? "one random order" : fmt::format("random, mean of {}", orders),
      .x = x,
      .y = {}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const RandomLoss loss = random_loss(result, i);
    series.y.push_back(loss.mean);
    if (orders == 1) continue;
    series.low.push_back(loss.low);
    series.high.push_back(loss.high);
  }
  return series;
}

FigureText text_of(const PruningResult& result) {
  const Provenance& provenance = result.provenance;
  FigureText text{.title = fmt::format("Loss as heads are removed ({})", result.kind),
                  .subtitle = one_line(provenance.model_name, 60),
                  .notes = {fmt::format("Heads were {}.", fmt::join(split_notes(result), ", "))},
                  .origin = {}};
  if (result.random.size() > 1) {
    text.notes.push_back("The band goes from the lowest to the highest of the random orders.");
  }
  const std::string from =
      result.texts_file.empty() ? "" : " of " + one_line(result.texts_file, 60);
  text.origin = {fmt::format("{} · {} · {}{} · headlens {}", one_line(provenance.model_name, 60),
                             precision_text(provenance),
                             count_text(std::ssize(result.texts), "text"), from,
                             provenance.headlens_version)};
  return text;
}

}  // namespace

std::vector<std::string> split_notes(const PruningResult& result) {
  const TextCount ranked = count_texts(result, &PrunedText::for_importance);
  const TextCount measured = count_texts(result, &PrunedText::for_curve);
  const std::string ranked_tokens = count_text(ranked.tokens, "predicted token");
  if (!result.held_out) {
    return {fmt::format("ranked and measured on the same text ({})", ranked_tokens),
            "which flatters the first curve"};
  }
  return {fmt::format("ranked on {} ({})", count_text(ranked.texts, "text"), ranked_tokens),
          fmt::format("measured on {} held out ({})", count_text(measured.texts, "text"),
                      count_text(measured.tokens, "predicted token"))};
}

CurvePicture picture_of(const PruningResult& result) {
  check_pruning(result);
  const std::vector<double> x(result.counts.begin(), result.counts.end());
  CurvePicture picture{
      .x_name = fmt::format("Heads removed, of {}", result.importance.values.size()),
      .y_name = "Loss (nats per predicted token)",
      .series = {series_of("least important first", x, result.least_first),
                 series_of("most important first", x, result.most_first)},
      .levels = {{fmt::format("whole model, {:.3f}", result.base_loss_nats),
                  result.base_loss_nats}},
      .text = text_of(result)};
  if (!result.random.empty()) picture.series.push_back(random_series(result, x));
  return picture;
}

}  // namespace headlens
