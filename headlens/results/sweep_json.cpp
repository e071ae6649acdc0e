#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

/// What every result of two runs begins with.
template <typename Result>
Json pair_header(std::string_view schema, const Result& result) {
  Json json = header(schema, result.provenance, result.clean);
  json["corrupt_prompt"] = to_json(result.corrupt);
  json["direction"] = result.direction;
  add_question(result.question, json);
  json["clean"] = number(result.clean_metric);
  json["corrupt"] = number(result.corrupt_metric);
  return json;
}

void add_quality(const EstimateQuality& quality, Json& json) {
  json["quality"] = {{"verified", quality.verified},
                     {"rank_correlation", number(quality.rank_correlation)},
                     {"mean_absolute_error", number(quality.mean_absolute_error)},
                     {"mean_absolute_effect", number(quality.mean_absolute_effect)}};
}

Json alignment_json(const PatchResult& result) {
  Json partners = Json::array();
  for (const int partner : result.partners)
    partners.push_back(partner < 0 ? Json() : Json(partner));
  const bool noise = result.direction == "noise";
  return {{"into", noise ? "clean" : "corrupt"},
          {"from", noise ? "corrupt" : "clean"},
          {"partners", partners}};
}

Json edges_json(const PathResult& result) {
  Json edges = Json::array();
  for (const EdgeEffect& edge : result.edges) {
    const bool known = edge.value.has_value();
    edges.push_back({{"sender", edge.sender},
                     {"receiver", edge.receiver},
                     {"estimate", optional_number(edge.estimate)},
                     {"value", optional_number(edge.value)},
                     {"change", known ? number(*edge.value - result.edited_metric()) : Json()}});
  }
  return edges;
}

}  // namespace

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
  if (!result.partners.empty()) json["alignment"] = alignment_json(result);
  json["axes"] = axes_json(result.grid.axes);
  json["values"] = nested(result.grid);
  EffectGrid normalized = result.grid;
  for (double& value : normalized.values) value = result.normalized(value);
  json["normalized"] = nested(normalized);
  return json;
}

Json to_json(const std::vector<PatchResult>& results) {
  Json patches = Json::array();
  for (const PatchResult& result : results) patches.push_back(to_json(result));
  return {{"schema", "headlens/patches/1"}, {"patches", patches}};
}

Json to_json(const StudyResult& result) {
  Json json = {{"schema", "headlens/study/1"},
               {"provenance", to_json(result.provenance)},
               {"analysis", result.analysis},
               {"prompts_file", text(result.prompts_file)},
               {"site", result.site},
               {"kind", result.kind},
               {"metric", result.metric},
               {"n_prompts", result.n_prompts},
               {"dropped", dropped_json(result.dropped)},
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

Json to_json(const PathResult& result) {
  Json json = pair_header("headlens/path_patch/1", result);
  json["edges"] = edges_json(result);
  return json;
}

Json to_json(const AttributionResult& result) {
  Json json = pair_header("headlens/attribution/1", result);
  json["site"] = result.site;
  json["method"] = result.method;
  json["axes"] = axes_json(result.estimates.axes);
  json["estimates"] = nested(result.estimates);
  Json verified = Json::array();
  for (const VerifiedEstimate& one : result.verified) {
    verified.push_back(
        {{"place", one.place}, {"estimate", number(one.estimate)}, {"effect", number(one.effect)}});
  }
  json["verified"] = verified;
  add_quality(result.quality, json);
  return json;
}

Json to_json(const EdgeAttributionResult& result) {
  Json json = pair_header("headlens/edge_attribution/1", result.paths);
  json["method"] = result.method;
  json["n_edges"] = result.n_edges;
  json["edges"] = edges_json(result.paths);
  add_quality(result.quality, json);
  return json;
}

Json to_json(const SteerResult& result) {
  Json json = header("headlens/steer/1", result.provenance, result.prompt);
  json["site"] = result.site;
  json["layer"] = result.layer;
  json["toward"] = text(result.toward);
  json["away"] = text(result.away);
  json["scale"] = number(result.scale);
  json["vector_norm"] = number(result.vector_norm);
  json["activation_norm"] = number(result.activation_norm);
  json["kl_nats"] = number(result.kl_nats);
  json["base"] = {{"top", predictions(result.base_top)}, {"continuation", text(result.base_text)}};
  json["steered"] = {{"top", predictions(result.steered_top)},
                     {"continuation", text(result.steered_text)}};
  return json;
}

}  // namespace headlens
