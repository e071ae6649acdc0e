#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headlens/probing/probe_run.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// A probe as numbers that stand for themselves: scores = W f(x) + b, where f is the state itself
/// or relu(V x + a). Standardisation is part of the weights, so that x is a state as it is.
struct TrainedProbe {
  std::string kind = {};                        ///< as ProbeMethod
  std::vector<std::string> classes = {};        ///< by row of W; empty for a real value
  Tensor hidden_weight = {}, hidden_bias = {};  ///< [hidden, width], [hidden]; empty if linear
  Tensor weight = {}, bias = {};                ///< [outputs, width or hidden], [outputs]

  bool is_linear() const { return hidden_weight.empty(); }
  std::int64_t width() const { return is_linear() ? weight.size(1) : hidden_weight.size(1); }
  std::int64_t outputs() const { return weight.size(0); }

  /// [row, output], summed in double: logits of the classes, or the value.
  /// @throws ShapeError  if the states have another width
  std::vector<double> scores(TensorView<const float, 2> states) const;
  /// Softmax of the scores, [row, class].
  std::vector<double> probabilities(TensorView<const float, 2> states) const;

  /// The direction of states in which the score of a class grows against the mean of all classes,
  /// or the value grows; of length 1. @return  [width]
  /// @throws UsageError  if the probe is not linear or has no such class
  Tensor direction(const std::string& class_name) const;
  /// From one class to another: in which the score of `toward` grows against that of `away`.
  Tensor direction(const std::string& toward, const std::string& away) const;
};

/// What a saved probe belongs to.
struct ProbeOrigin {
  std::string task = {}, column = {};
  std::string site = {};
  std::optional<int> hidden_state = {};
  std::string unit = {}, pooling = {};
  bool special_tokens = true, standardized = false;
  std::string model_name = {}, model_sha256 = {}, precision = {};
  std::int64_t training_rows = 0;
  double score = 0;  ///< of the study, on examples that were not trained on
  std::string metric = {};
};

struct SavedProbe {
  static constexpr const char* kSchema = "headlens/saved_probe/1";
  static constexpr const char* kFileName = "probe.json";

  ProbeOrigin origin;
  TrainedProbe probe;
};

/// Trains on the training rows of a file split, or on all rows where a study had folds, as the
/// study did: with its C, or one chosen from its grid.
/// @throws UsageError  if the probe has no weights: nearest neighbours
SavedProbe train_saved_probe(const ProbeRun& run, std::size_t layer, std::uint64_t seed);

/// Writes probe.json, probe.safetensors ("weight", "bias", "hidden.weight", "hidden.bias") and, of
/// linear probes, directions/CLASS.npy, each [width]: what `headlens steer --vector` reads.
/// @param folder  exists
void save_probe(const std::filesystem::path& folder, const SavedProbe& saved);

/// @param path  probe.json or its folder
/// @throws FormatError  if a file is missing or damaged, or shapes do not fit
SavedProbe load_probe(const std::filesystem::path& path);

}  // namespace headlens
