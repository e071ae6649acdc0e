#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/kernels/linear_eraser.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// How the directions that carry a concept are found.
enum class ErasureMethod : std::uint8_t { leace, inlp };

std::string to_string(ErasureMethod method);
std::optional<ErasureMethod> parse_erasure_method(std::string_view name);

/// States of one layer with their classes.
struct LabelledStates {
  TensorView<const float, 2> x;
  std::span<const std::int32_t> labels;
};

/// What erases a concept at one layer, with its controls and the proof that it does.
struct LayerErasers {
  std::shared_ptr<const LinearEraser> concept_eraser;
  std::vector<std::shared_ptr<const LinearEraser>> random;  ///< of the same rank
  /// [class][width]: what the eraser takes from the mean of a class's training rows, which given
  /// back tells the class and nothing else; empty for classes without a training row.
  std::vector<std::vector<float>> class_parts;
  bool inlp_converged = true;
  /// Accuracy on the test rows of a probe trained on the training rows: as they are, erased, and
  /// with the first random eraser (NaN where there is none).
  double probe_before = 0, probe_after = 0, probe_random = 0;
  /// Median over test rows of |x' - x| / |x|.
  double change = 0, random_change = 0;
};

struct LayerEraserOptions {
  ErasureMethod method = ErasureMethod::leace;
  int inlp_rounds = 35;
  int random_erasers = 3;
  std::uint64_t seed = 0;
  std::int32_t n_classes = 0;
};

/// Probes are logistic regressions on standardised columns.
/// @throws UsageError, CancelledError  as Leace and fit_logistic()
LayerErasers fit_layer_erasers(const LabelledStates& train, const LabelledStates& test,
                               const LayerEraserOptions& options);

}  // namespace headlens
