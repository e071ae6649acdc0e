#include "headlens/probing/structural_probe_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"
#include "headlens/tensor/tensor.h"

namespace headlens {
namespace {

using Path = std::filesystem::path;
using Probe = SavedStructuralProbes::Probe;

/// The layer in a name that structural_probe_file() makes.
int hidden_state_in(const Path& path) {
  const std::string name = path.filename().string();
  const std::size_t dash = name.rfind('-');
  int layer = -1;
  if (dash != std::string::npos) {
    std::from_chars(name.data() + dash + 1, name.data() + name.size(), layer);
  }
  for (const auto target : {StructuralTarget::distance, StructuralTarget::depth}) {
    if (layer >= 0 && name == structural_probe_file(target, layer)) return layer;
  }
  throw FormatError(path.string(),
                    "is no structural probe: those are named distance-layer-07.safetensors and "
                    "depth-layer-07.safetensors");
}

std::vector<float> read_numbers(const Checkpoint& file, const std::string& name, std::size_t rank) {
  const StoredTensor& stored = file.at(name);
  if (stored.shape.size() != rank) {
    throw FormatError(file.files[0]->path().string(), name, "has another shape than a probe's");
  }
  std::vector<float> numbers(element_count(stored.shape));
  dequantize(stored.dtype, stored.bytes, numbers);
  if (!std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); })) {
    throw FormatError(file.files[0]->path().string(), name, "has a number that is not finite");
  }
  return numbers;
}

std::optional<Probe> read_probe(const Path& path, StructuralTarget target) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Checkpoint file = read_safetensors(path);
  std::vector<float> matrix = read_numbers(file, "matrix", 2), mean = read_numbers(file, "mean", 1);
  const Shape& shape = file.at("matrix").shape;
  if (shape[0] != std::ssize(mean) || shape[0] < 1 || shape[1] < 1) {
    throw FormatError(path.string(), "matrix", "does not fit the mean beside it");
  }
  return Probe{StructuralProbe(target, shape[0], shape[1], std::move(matrix)), std::move(mean)};
}

StructuralOrigin read_origin(const Path& path) {
  const nlohmann::json json = read_json(path);
  if (require_string(json, "schema", path) != StructuralOrigin::kSchema) {
    throw FormatError(path.string(), "says nothing of structural probes: its schema is another");
  }
  const nlohmann::json& model = require_object(json, "model", path);
  const auto pooling = parse_pooling(require_string(json, "pooling", path));
  if (!pooling) throw FormatError(path.string(), "has a pooling that is not known");
  return {.model_name = require_string(model, "name", path),
          .model_sha256 = require_string(model, "sha256", path),
          .precision = require_string(model, "precision", path),
          .pooling = *pooling,
          .special_tokens = require_boolean(json, "special_tokens", path)};
}

}  // namespace

std::string structural_probe_file(StructuralTarget target, int hidden_state) {
  return fmt::format("{}-layer-{:02}.safetensors", to_string(target), hidden_state);
}

void save_structural_probe(const std::filesystem::path& path, const StructuralProbe& probe,
                           const std::optional<Standardizer>& standardizer) {
  const std::int64_t width = probe.n_columns(), rank = probe.rank();
  Tensor matrix({width, rank}), mean({width});
  std::ranges::copy(probe.matrix(), matrix.data());
  std::fill_n(mean.data(), width, 0.0f);
  for (std::int64_t i = 0; standardizer && i < width; ++i) {
    mean.data()[i] = static_cast<float>(standardizer->mean[i]);
    for (std::int64_t r = 0; r < rank; ++r) {
      float& weight = matrix.data()[i * rank + r];
      weight = static_cast<float>(weight / standardizer->deviation[i]);
    }
  }
  const NamedTensor tensors[] = {{"matrix", matrix.shape(), std::as_const(matrix).values()},
                                 {"mean", mean.shape(), std::as_const(mean).values()}};
  write_safetensors(path, tensors);
}

void save_structural_origin(const Path& folder, const StructuralOrigin& origin) {
  const nlohmann::ordered_json json = {{"schema", StructuralOrigin::kSchema},
                                       {"model",
                                        {{"name", origin.model_name},
                                         {"sha256", origin.model_sha256},
                                         {"precision", origin.precision}}},
                                       {"pooling", to_string(origin.pooling)},
                                       {"special_tokens", origin.special_tokens}};
  write_file(folder / StructuralOrigin::kFileName, json.dump(2) + "\n");
}

std::vector<float> Probe::predict(TensorView<const float, 2> states) const {
  const std::int64_t n = states.size(0), width = probe.n_columns();
  if (states.size(1) != width) {
    throw ShapeError("states of a structural probe", std::to_string(width) + " columns",
                     std::to_string(states.size(1)));
  }
  Tensor centred({n, width});
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      centred.data()[i * width + j] = states(i, j) - mean[j];
    }
  }
  return probe.predict(std::as_const(centred).view<2>());
}

SavedStructuralProbes load_structural_probes(const Path& path) {
  SavedStructuralProbes saved;
  saved.hidden_state = hidden_state_in(path);
  if (!std::filesystem::exists(path)) throw FormatError(path.string(), "there is no such file");
  const Path folder = path.parent_path();
  saved.origin = read_origin(folder / StructuralOrigin::kFileName);
  const auto probe = [&](StructuralTarget target) {
    return read_probe(folder / structural_probe_file(target, saved.hidden_state), target);
  };
  saved.distance = probe(StructuralTarget::distance);
  saved.depth = probe(StructuralTarget::depth);
  return saved;
}

}  // namespace headlens
