#include "headlens/results/json.h"

#include "headlens/results/json_parts.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

Json to_json(const TokenInfo& token) {
  Json json = {{"id", token.id}, {"piece", text(token.piece)}, {"text", text(token.text)}};
  if (!is_valid_utf8(token.text)) json["bytes"] = to_hex(token.text);
  json["char_begin"] = token.char_begin;
  json["char_end"] = token.char_end;
  json["special"] = token.special;
  return json;
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
  if (const auto& deviation = provenance.sweep_deviation) {
    json["sweep_deviation"] = {{"metric", deviation->metric},
                               {"places", texts(deviation->places)},
                               {"of_places", deviation->of_places},
                               {"prompts", deviation->prompts},
                               {"of_prompts", deviation->of_prompts},
                               {"max_abs", number(deviation->max_abs)},
                               {"mean_abs", number(deviation->mean_abs)},
                               {"mean_abs_effect", number(deviation->mean_abs_effect)}};
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
