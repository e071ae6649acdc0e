#include "headlens/results/json.h"
#include "headlens/results/json_parts.h"

namespace headlens {

Json to_json(const ProbeLabels& result) {
  Json labels = Json::array();
  for (const ProbeLabel& one : result.labels) {
    Json json = {{"form", text(one.form)}, {"span", {one.char_begin, one.char_end}}};
    if (result.classes.empty()) {
      json["value"] = number(one.value);
    } else {
      json["label"] = text(one.label);
      json["probabilities"] = numbers(one.probabilities);
    }
    labels.push_back(std::move(json));
  }
  return {{"schema", "headlens/probe_labels/1"}, {"provenance", to_json(result.provenance)},
          {"probe", text(result.probe)},         {"column", text(result.column)},
          {"site", text(result.site)},           {"unit", result.unit},
          {"pooling", result.pooling},           {"classes", texts(result.classes)},
          {"text", text(result.text)},           {"labels", labels}};
}

}  // namespace headlens
