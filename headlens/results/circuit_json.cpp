#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json with_interval(double value, double low, double high) {
  return {{"value", number(value)}, {"low", number(low)}, {"high", number(high)}};
}

Json to_json(const CircuitPoint& point) {
  return {{"parts", point.parts},
          {"share", number(point.share)},
          {"live_edges", point.live_edges},
          {"metric", number(point.metric)},
          {"faithfulness", with_interval(point.faithfulness, point.low, point.high)}};
}

Json parts_json(const CircuitResult& result) {
  Json parts = Json::array();
  for (const CircuitPart& part : result.parts) {
    parts.push_back({{"name", part.name},
                     {"score", number(part.score)},
                     {"minimality", number(part.minimality)}});
  }
  return parts;
}

Json completeness_json(const CircuitResult& result) {
  Json checks = Json::array();
  for (const CompletenessCheck& check : result.completeness) {
    checks.push_back({{"removed", check.removed},
                      {"circuit", number(check.circuit)},
                      {"model", number(check.model)}});
  }
  return {{"checks", checks},
          {"largest_difference", number(result.incompleteness_max)},
          {"mean_difference", number(result.incompleteness_mean)}};
}

}  // namespace

Json to_json(const CircuitResult& result) {
  const bool given = result.curve.empty();
  Json curve = Json::array();
  for (const CircuitPoint& point : result.curve) curve.push_back(to_json(point));
  return {{"schema", "headlens/circuit/1"},
          {"provenance", to_json(result.provenance)},
          {"prompts_file", text(result.prompts_file)},
          {"metric", result.metric},
          {"kind", result.kind},
          {"method", result.method},
          {"n_ranked", result.n_ranked},
          {"n_tested", result.n_tested},
          {"dropped", dropped_json(result.dropped)},
          {"n_parts", result.n_parts},
          {"clean", number(result.clean_mean)},
          {"corrupt", number(result.corrupt_mean)},
          {"accuracy", number(result.accuracy)},
          {"confidence", result.confidence},
          {"resamples", result.resamples},
          {"curve", curve},
          {"cpr", given ? Json() : with_interval(result.cpr, result.cpr_low, result.cpr_high)},
          {"cmd", given ? Json() : with_interval(result.cmd, result.cmd_low, result.cmd_high)},
          {"wanted_faithfulness", given ? Json() : number(result.wanted_faithfulness)},
          {"circuit", to_json(result.circuit)},
          {"parts", parts_json(result)},
          {"completeness", completeness_json(result)}};
}

}  // namespace headlens
