#include "headlens/results/json.h"

#include <cmath>

#include "headlens/results/utf8.h"

namespace headlens {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json text(std::string_view value) { return replace_invalid_utf8(value); }

Json texts(const std::vector<std::string>& values) {
  Json array = Json::array();
  for (const std::string& value : values) array.push_back(text(value));
  return array;
}

Json to_json(const TokenInfo& token) {
  Json json = {{"id", token.id}, {"piece", text(token.piece)}, {"text", text(token.text)}};
  if (!is_valid_utf8(token.text)) json["bytes"] = to_hex(token.text);
  json["char_begin"] = token.char_begin;
  json["char_end"] = token.char_end;
  json["special"] = token.special;
  return json;
}

Json predictions(const std::vector<Prediction>& list) {
  Json array = Json::array();
  for (const Prediction& prediction : list) array.push_back(to_json(prediction));
  return array;
}

/// What every result begins with.
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

Json lens_layers(const LensResult& result, std::size_t position_index) {
  Json layers = Json::array();
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    const LensCell& cell = result.cells_LP[l][position_index];
    layers.push_back({{"layer", result.layers[l]},
                      {"top", predictions(cell.top)},
                      {"entropy_nats", number(cell.entropy_nats)},
                      {"kl_to_final_nats", number(cell.kl_to_final_nats)}});
  }
  return layers;
}

void check(const LensResult& result) {
  const std::string expected = std::to_string(result.layers.size()) + " layers of " +
                               std::to_string(result.positions.size()) + " cells";
  if (result.cells_LP.size() != result.layers.size() || result.positions.empty()) {
    throw ShapeError("lens result", expected, std::to_string(result.cells_LP.size()) + " layers");
  }
  for (const auto& row : result.cells_LP) {
    if (row.size() == result.positions.size()) continue;
    throw ShapeError("lens result", expected, "a layer of " + std::to_string(row.size()));
  }
}

void check(const AttentionResult& result) {
  const auto layers = static_cast<std::int64_t>(result.layers.size());
  const auto tokens = static_cast<std::int64_t>(result.prompt.tokens.size());
  const Tensor& pattern = result.pattern_LHQK;
  if (pattern.rank() == 4 && pattern.size(0) == layers && pattern.size(2) == tokens &&
      pattern.size(3) == tokens) {
    return;
  }
  throw ShapeError("attention result", to_string(Shape{layers, -1, tokens, tokens}),
                   to_string(pattern.shape()));
}

Json answer_json(const AnswerTokens& answer) {
  return {{"text", text(answer.text)}, {"ids", answer.ids}};
}

void add_question(const SweepQuestion& question, Json& json) {
  json["metric"] = question.metric;
  if (!question.answer.ids.empty()) json["answer"] = answer_json(question.answer);
  if (question.foil) json["foil"] = answer_json(*question.foil);
  json["read_positions"] = question.read_positions;
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

Json axes_json(const std::vector<GridAxis>& list) {
  Json axes = Json::array();
  for (const GridAxis& axis : list) {
    axes.push_back({{"name", axis.name}, {"indices", axis.indices}});
  }
  return axes;
}

}  // namespace

Json to_json(const Provenance& provenance) {
  Json json = {{"headlens_version", text(provenance.headlens_version)},
               {"model_name", text(provenance.model_name)},
               {"model_path", text(provenance.model_path)},
               {"model_family", text(provenance.model_family)},
               {"model_sha256", text(provenance.model_sha256)},
               {"precision", text(provenance.precision)}};
  if (const auto& deviation = provenance.precision_deviation) {
    json["precision_deviation"] = {{"sample_tokens", deviation->sample_tokens},
                                   {"max_abs_logit", number(deviation->max_abs_logit)},
                                   {"mean_abs_logit", number(deviation->mean_abs_logit)}};
  }
  if (provenance.seed) json["seed"] = *provenance.seed;
  json["command_line"] = text(provenance.command_line);
  json["created_utc"] = text(provenance.created_utc);
  return json;
}

Json to_json(const PromptTokens& prompt) {
  Json tokens = Json::array();
  for (const TokenInfo& token : prompt.tokens) tokens.push_back(to_json(token));
  return {{"text", text(prompt.text)}, {"bos", text(prompt.bos)}, {"tokens", tokens}};
}

Json to_json(const Prediction& prediction) {
  Json json = {{"id", prediction.id}, {"token", text(prediction.token)}};
  if (!is_valid_utf8(prediction.token)) json["bytes"] = to_hex(prediction.token);
  json["probability"] = number(prediction.probability);
  json["logit"] = number(prediction.logit);
  return json;
}

Json to_json(const RunResult& result) {
  Json json = header("headlens/run/1", result.provenance, result.prompt);
  json["position"] = result.position;
  json["top"] = predictions(result.top);
  if (!result.classes.empty()) json["classes"] = predictions(result.classes);
  return json;
}

Json to_json(const AttentionResult& result, const std::vector<std::string>& files) {
  check(result);
  Json json = header("headlens/attention/1", result.provenance, result.prompt);
  json["shape"] = result.pattern_LHQK.shape();
  json["axes"] = {"layer", "head", "query", "key"};
  json["layers"] = result.layers;
  json["dtype"] = "float32";
  json["files"] = texts(files);
  return json;
}

Json to_json(const LensResult& result) {
  check(result);
  Json json = header("headlens/lens/1", result.provenance, result.prompt);
  json["final_norm"] = result.final_norm;
  json["vocabulary_products"] = result.vocabulary_products;
  json["position"] = result.positions.back();
  json["layers"] = lens_layers(result, result.positions.size() - 1);
  if (result.positions.size() > 1) {
    Json positions = Json::array();
    for (std::size_t p = 0; p < result.positions.size(); ++p) {
      positions.push_back({{"position", result.positions[p]}, {"layers", lens_layers(result, p)}});
    }
    json["positions"] = positions;
  }
  return json;
}

Json to_json(const AblationResult& result) {
  Json json = header("headlens/ablation/1", result.provenance, result.prompt);
  json["site"] = result.site;
  json["kind"] = result.kind;
  add_question(result.question, json);
  json["base"] = number(result.base);
  if (result.grid.axes.empty()) json["ablated"] = texts(result.ablated);
  json["axes"] = axes_json(result.grid.axes);
  json["values"] = nested(result.grid);
  return json;
}

Json to_json(const PatchResult& result) {
  Json json = header("headlens/patch/1", result.provenance, result.clean);
  json["corrupt_prompt"] = to_json(result.corrupt);
  json["site"] = result.site;
  json["direction"] = result.direction;
  add_question(result.question, json);
  json["clean"] = number(result.clean_metric);
  json["corrupt"] = number(result.corrupt_metric);
  json["axes"] = axes_json(result.grid.axes);
  json["values"] = nested(result.grid);
  EffectGrid normalized = result.grid;
  for (double& value : normalized.values) value = result.normalized(value);
  json["normalized"] = nested(normalized);
  return json;
}

Json to_json(const StudyResult& result) {
  Json dropped = Json::array();
  for (const DroppedPrompt& prompt : result.dropped) {
    dropped.push_back({{"line", prompt.line}, {"reason", text(prompt.reason)}});
  }
  Json json = {{"schema", "headlens/study/1"},
               {"provenance", to_json(result.provenance)},
               {"analysis", result.analysis},
               {"prompts_file", text(result.prompts_file)},
               {"site", result.site},
               {"kind", result.kind},
               {"metric", result.metric},
               {"n_prompts", result.n_prompts},
               {"dropped", dropped},
               {"base",
                {{"mean", number(result.base_mean)},
                 {"low", number(result.base_low)},
                 {"high", number(result.base_high)}}},
               {"source_mean", number(result.source_mean)},
               {"accuracy", number(result.accuracy)},
               {"confidence", result.confidence},
               {"resamples", result.resamples},
               {"flips", result.flips},
               {"axes", axes_json(result.axes)}};
  const std::pair<const char*, double PlaceEffect::*> columns[] = {
      {"mean", &PlaceEffect::mean}, {"low", &PlaceEffect::low},
      {"high", &PlaceEffect::high}, {"cohen_d", &PlaceEffect::cohen_d},
      {"p", &PlaceEffect::p},       {"p_holm", &PlaceEffect::p_holm},
      {"p_bh", &PlaceEffect::p_bh}};
  for (const auto& [name, column] : columns) {
    EffectGrid grid{result.axes, {}};
    for (const PlaceEffect& place : result.places) grid.values.push_back(place.*column);
    json[name] = nested(grid);
  }
  return json;
}

Json report_json(const RunResult* run, const AttentionResult* attention,
                 const std::vector<std::string>& attention_files, const LensResult* lens,
                 const std::vector<std::string>& files) {
  Json json = {{"schema", "headlens/report/1"}};
  json["run"] = run ? to_json(*run) : Json(nullptr);
  json["attention"] = attention ? to_json(*attention, attention_files) : Json(nullptr);
  json["lens"] = lens ? to_json(*lens) : Json(nullptr);
  json["files"] = texts(files);
  return json;
}

std::string to_text(const Json& json) { return json.dump(2) + "\n"; }

}  // namespace headlens
