#include "headlens/probing/mdl_log.h"

#include <cmath>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

double value_of(const nlohmann::json& json) { return json.is_null() ? NAN : json.get<double>(); }

Json to_json(const MdlCode& code) {
  Json portions = Json::array();
  for (const MdlPortion& p : code.portions)
    portions.push_back({p.first, p.end, p.bits, p.accuracy});
  return {{"bits", code.code_length_bits},
          {"deviation", code.standard_deviation},
          {"compression", code.compression},
          {"portions", portions},
          {"notebook", {number(code.notebook_kbits), number(code.notebook_compression)}},
          {"variational",
           {number(code.data_bits), number(code.weight_bits), number(code.prior_deviation)}},
          {"accuracy", code.accuracy},
          {"converged", code.converged}};
}

MdlCode code_from(const nlohmann::json& json) {
  MdlCode code{.code_length_bits = json.at("bits"),
               .standard_deviation = json.at("deviation"),
               .compression = json.at("compression")};
  for (const auto& p : json.at("portions")) {
    code.portions.push_back({p.at(0), p.at(1), p.at(2), p.at(3)});
  }
  code.notebook_kbits = value_of(json.at("notebook").at(0));
  code.notebook_compression = value_of(json.at("notebook").at(1));
  code.data_bits = value_of(json.at("variational").at(0));
  code.weight_bits = value_of(json.at("variational").at(1));
  code.prior_deviation = value_of(json.at("variational").at(2));
  code.accuracy = json.at("accuracy");
  code.converged = json.at("converged");
  return code;
}

}  // namespace

MdlLog::MdlLog(const std::filesystem::path& path, const Json& work) {
  if (path.empty()) return;
  log_.emplace(path, work.dump());
  for (const std::string& line : log_->lines()) {
    try {
      const nlohmann::json json = nlohmann::json::parse(line);
      MdlLayer layer{.site = json.at("site"), .task = code_from(json.at("task"))};
      if (!json.at("layer").is_null()) layer.hidden_state = json.at("layer").get<int>();
      if (!json.at("control").is_null()) layer.control = code_from(json.at("control"));
      layers_[layer.site] = std::move(layer);
    } catch (const nlohmann::json::exception& error) {
      throw FormatError(path.string(), std::string("has a line that is no code length: ") +
                                           error.what() + "; remove the file to begin again");
    }
  }
}

const MdlLayer* MdlLog::find(const std::string& site) const {
  const auto found = layers_.find(site);
  return found == layers_.end() ? nullptr : &found->second;
}

void MdlLog::add(const MdlLayer& layer) {
  if (!log_) return;
  log_->append(Json{{"site", layer.site},
                    {"layer", layer.hidden_state ? Json(*layer.hidden_state) : Json()},
                    {"task", to_json(layer.task)},
                    {"control", layer.control ? to_json(*layer.control) : Json()}}
                   .dump());
}

}  // namespace headlens
