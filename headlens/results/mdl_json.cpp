#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {
namespace {

Json code_json(const MdlCode& code, bool is_online) {
  Json json{{"code_length_bits", number(code.code_length_bits)},
            {"standard_deviation", number(code.standard_deviation)},
            {"compression", number(code.compression)},
            {"accuracy", number(code.accuracy)},
            {"converged", code.converged}};
  if (!is_online) {
    json["data_bits"] = number(code.data_bits);
    json["weight_bits"] = number(code.weight_bits);
    json["prior_deviation"] = number(code.prior_deviation);
    return json;
  }
  Json portions = Json::array();
  for (const MdlPortion& portion : code.portions) {
    portions.push_back({{"first", portion.first},
                        {"end", portion.end},
                        {"bits", number(portion.bits)},
                        {"accuracy", number(portion.accuracy)}});
  }
  json["portions"] = portions;
  json["voita_notebook"] = {{"kbits", number(code.notebook_kbits)},
                            {"compression", number(code.notebook_compression)}};
  return json;
}

}  // namespace

Json to_json(const MdlResult& result) {
  check_mdl(result);
  const bool is_online = result.code == "online";
  Json layers = Json::array();
  for (const MdlLayer& layer : result.layers) {
    layers.push_back({{"layer", layer.hidden_state ? Json(*layer.hidden_state) : Json()},
                      {"site", layer.site},
                      {"task", code_json(layer.task, is_online)},
                      {"control", layer.control ? code_json(*layer.control, is_online) : Json()}});
  }
  return {{"schema", "headlens/mdl_probe/1"},
          {"provenance", to_json(result.provenance)},
          {"task", result.task},
          {"column", text(result.column)},
          {"data", text(result.data)},
          {"unit", result.unit},
          {"pooling", result.pooling},
          {"code", result.code},
          {"probe", result.probe},
          {"c", number(result.c)},
          {"hidden", result.hidden},
          {"epochs", result.epochs},
          {"standardized", result.standardized},
          {"seeds", result.seeds},
          {"rows", result.rows},
          {"sentences", result.sentences},
          {"word_types", result.word_types},
          {"classes", texts(result.classes)},
          {"uniform_bits", number(result.uniform_bits)},
          {"entropy_bits", number(result.entropy_bits)},
          {"shortest", shortest_layer(result)},
          {"layers", layers},
          {"conclusion", texts(mdl_conclusion(result))}};
}

}  // namespace headlens
