#include "headlens/results/json_parts.h"

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

Json answer_json(const AnswerTokens& answer) {
  return {{"text", text(answer.text)}, {"ids", answer.ids}};
}

/// Arrays in arrays, one depth an axis.
Json nested(const EffectGrid& grid, std::size_t axis, const double*& next) {
  if (axis == grid.axes.size()) return number(*next++);
  Json array = Json::array();
  for (std::size_t i = 0; i < grid.axes[axis].indices.size(); ++i) {
    array.push_back(nested(grid, axis + 1, next));
  }
  return array;
}

}  // namespace

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number(value));
  return array;
}

Json text(std::string_view value) { return replace_invalid_utf8(value); }

Json texts(const std::vector<std::string>& values) {
  Json array = Json::array();
  for (const std::string& value : values) array.push_back(text(value));
  return array;
}

Json predictions(const std::vector<Prediction>& list) {
  Json array = Json::array();
  for (const Prediction& prediction : list) array.push_back(to_json(prediction));
  return array;
}

Json header(std::string_view schema, const Provenance& provenance, const PromptTokens& prompt) {
  Json ids = Json::array();
  Json tokens = Json::array();
  for (const TokenInfo& token : prompt.tokens) {
    ids.push_back(token.id);
    tokens.push_back(text(token.text));
  }
  Json origin = to_json(provenance);
  origin["token_ids"] = ids;
  origin["bos"] = text(prompt.bos);
  return {{"schema", schema},
          {"provenance", origin},
          {"prompt", to_json(prompt)},
          {"token_ids", ids},
          {"tokens", tokens}};
}

void add_question(const SweepQuestion& question, Json& json) {
  json["metric"] = question.metric;
  if (!question.answer.ids.empty()) json["answer"] = answer_json(question.answer);
  if (question.foil) json["foil"] = answer_json(*question.foil);
  json["read_positions"] = question.read_positions;
}

Json nested(const EffectGrid& grid) {
  std::size_t count = 1;
  for (const GridAxis& axis : grid.axes) count *= axis.indices.size();
  if (count != grid.values.size()) {
    throw ShapeError("sweep result", std::to_string(count) + " values",
                     std::to_string(grid.values.size()));
  }
  const double* next = grid.values.data();
  return nested(grid, 0, next);
}

Json dropped_json(const std::vector<DroppedPrompt>& dropped) {
  Json json = Json::array();
  for (const DroppedPrompt& prompt : dropped) {
    json.push_back({{"line", prompt.line}, {"reason", text(prompt.reason)}});
  }
  return json;
}

Json axes_json(const std::vector<GridAxis>& list) {
  Json axes = Json::array();
  for (const GridAxis& axis : list) {
    axes.push_back({{"name", axis.name}, {"indices", axis.indices}});
  }
  return axes;
}

}  // namespace headlens
