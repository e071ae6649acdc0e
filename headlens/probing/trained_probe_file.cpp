#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/npy.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"
#include "headlens/probing/trained_probe.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

constexpr const char* kWeights = "probe.safetensors";

Json to_json(const SavedProbe& saved) {
  const ProbeOrigin& origin = saved.origin;
  Json steer_layer;
  // Hidden state h is what block h - 1 writes, which is where headlens steer adds its vector.
  if (origin.hidden_state.value_or(0) > 0) steer_layer = *origin.hidden_state - 1;
  return {{"schema", SavedProbe::kSchema},
          {"kind", saved.probe.kind},
          {"classes", saved.probe.classes},
          {"width", saved.probe.width()},
          {"hidden", saved.probe.is_linear() ? 0 : saved.probe.hidden_weight.size(0)},
          {"standardized", origin.standardized},
          {"task", origin.task},
          {"column", origin.column},
          {"site", origin.site},
          {"hidden_state", origin.hidden_state ? Json(*origin.hidden_state) : Json()},
          {"steer_layer", steer_layer},
          {"unit", origin.unit},
          {"pooling", origin.pooling},
          {"special_tokens", origin.special_tokens},
          {"model",
           {{"name", origin.model_name},
            {"sha256", origin.model_sha256},
            {"precision", origin.precision}}},
          {"training_rows", origin.training_rows},
          {"metric", origin.metric},
          {"score", std::isfinite(origin.score) ? Json(origin.score) : Json()},
          {"weights", kWeights}};
}

/// A class's name as a file's: what is not plain becomes its code in hexadecimal.
std::string file_name(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text.empty() ? "%" : text;
}

Tensor read_tensor(const Checkpoint& weights, const std::string& name, const Shape& shape) {
  const StoredTensor& stored = weights.at(name);
  if (stored.shape != shape) {
    throw FormatError(weights.files[0]->path().string(), name,
                      "has another shape than probe.json says");
  }
  Tensor tensor(shape);
  dequantize(stored.dtype, stored.bytes, tensor.values());
  if (!std::ranges::all_of(tensor.values(), [](float value) { return std::isfinite(value); })) {
    throw FormatError(weights.files[0]->path().string(), name, "has a weight that is not finite");
  }
  return tensor;
}

ProbeOrigin origin_from(const nlohmann::json& json, const Path& path) {
  const nlohmann::json& model = require_object(json, "model", path);
  ProbeOrigin origin{.task = require_string(json, "task", path),
                     .column = require_string(json, "column", path),
                     .site = require_string(json, "site", path),
                     .hidden_state = {},
                     .unit = require_string(json, "unit", path),
                     .pooling = require_string(json, "pooling", path),
                     .special_tokens = require_boolean(json, "special_tokens", path),
                     .standardized = require_boolean(json, "standardized", path),
                     .model_name = require_string(model, "name", path),
                     .model_sha256 = require_string(model, "sha256", path),
                     .precision = require_string(model, "precision", path),
                     .training_rows = require_integer(json, "training_rows", path),
                     .score = optional_number(json, "score", path).value_or(NAN),
                     .metric = require_string(json, "metric", path)};
  if (const auto state = optional_integer(json, "hidden_state", path)) {
    origin.hidden_state = static_cast<int>(*state);
  }
  if (!parse_site(origin.site)) throw FormatError(path.string(), "names a site that is not known");
  if (!parse_harvest_unit(origin.unit) || !parse_pooling(origin.pooling)) {
    throw FormatError(path.string(), "has a unit or a pooling that is not known");
  }
  return origin;
}

}  // namespace

void save_probe(const Path& folder, const SavedProbe& saved) {
  const TrainedProbe& probe = saved.probe;
  std::vector<NamedTensor> tensors;
  if (!probe.is_linear()) {
    tensors.push_back({"hidden.weight", probe.hidden_weight.shape(), probe.hidden_weight.values()});
    tensors.push_back({"hidden.bias", probe.hidden_bias.shape(), probe.hidden_bias.values()});
  }
  tensors.push_back({"weight", probe.weight.shape(), probe.weight.values()});
  tensors.push_back({"bias", probe.bias.shape(), probe.bias.values()});
  write_safetensors(folder / kWeights, tensors);
  if (probe.is_linear()) {
    make_writable_folder(folder / "directions");
    if (probe.classes.empty()) {
      write_npy(folder / "directions" / (file_name(saved.origin.column) + ".npy"),
                probe.direction(""));
    }
    for (const std::string& name : probe.classes) {
      write_npy(folder / "directions" / (file_name(name) + ".npy"), probe.direction(name));
    }
  }
  write_file(folder / SavedProbe::kFileName, to_json(saved).dump(2) + "\n");
}

SavedProbe load_probe(const Path& given) {
  const Path path = std::filesystem::is_directory(given) ? given / SavedProbe::kFileName : given;
  const nlohmann::json json = read_json(path);
  if (const std::string schema = require_string(json, "schema", path);
      schema != SavedProbe::kSchema) {
    throw FormatError(path.string(), "is no saved probe: its schema is another");
  }
  SavedProbe saved{.origin = origin_from(json, path), .probe = {}};
  TrainedProbe& probe = saved.probe;
  probe.kind = require_string(json, "kind", path);
  for (const auto& name : require_array(json, "classes", path)) {
    if (!name.is_string()) throw FormatError(path.string(), "has a class without a name");
    probe.classes.push_back(name);
  }
  const std::int64_t width = require_integer(json, "width", path);
  const std::int64_t hidden = require_integer(json, "hidden", path);
  if (width < 1 || hidden < 0 || probe.classes.size() == 1) {
    throw FormatError(path.string(),
                      "has a width, hidden size or number of classes that cannot be");
  }
  const Checkpoint weights = read_safetensors(path.parent_path() / kWeights);
  const std::int64_t outputs = std::max<std::int64_t>(1, std::ssize(probe.classes));
  if (hidden > 0) {
    probe.hidden_weight = read_tensor(weights, "hidden.weight", {hidden, width});
    probe.hidden_bias = read_tensor(weights, "hidden.bias", {hidden});
  }
  probe.weight = read_tensor(weights, "weight", {outputs, hidden > 0 ? hidden : width});
  probe.bias = read_tensor(weights, "bias", {outputs});
  return saved;
}

}  // namespace headlens
