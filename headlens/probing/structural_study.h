#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/learn/structural_probe.h"
#include "headlens/probing/treebank_trees.h"
#include "headlens/results/structural_result.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Trees and where their words' states of a layer are read: [n_words, width].
struct TreebankSource {
  Trees trees;
  std::function<Tensor(int hidden_state)> states;
};

struct StructuralStudyOptions {
  std::vector<int> hidden_states = {};
  bool distance = true, depth = true;
  StructuralOptions probe = {};  ///< its target, order and initial matrix are not looked at
  bool standardize = false;      ///< columns, by the training words
  double confidence = 0.95;
  int resamples = 1000;
  int flips = 10000;
  std::optional<std::int64_t> parse = {};  ///< test sentence to show, from 0
  /// Where each layer's outcome is kept as it is known; empty: nowhere.
  std::filesystem::path log = {};
  /// Where each layer's trained probes are saved (structural_probe_file.h), which exists; empty:
  /// nowhere.
  std::filesystem::path probes = {};
  nlohmann::ordered_json work = {};  ///< what the outcomes depend on
  ProgressCallback progress = {};
};

/// Trains structural probes of every layer, layers side by side on all threads, and scores them on
/// the test sentences, beside a chain of the words and hidden state 0. Layers are compared with the
/// best by sign flips over sentences. What is not known here (provenance, data, pooling, sentences
/// that were skipped) is left to the caller.
/// @param validation  chooses the epoch and the learning rate
/// @throws UsageError  if there is no layer or no target, a part has no sentence, or as
///                     train_structural_probe()
StructuralResult study_structure(const TreebankSource& training, const TreebankSource& validation,
                                 const TreebankSource& test, const StructuralStudyOptions& options);

}  // namespace headlens
