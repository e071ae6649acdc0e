#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "headlens/learn/adam.h"
#include "headlens/tensor/view.h"

namespace headlens {

enum class StructuralTarget : std::uint8_t {
  distance,  ///< |B (h_i - h_j)|^2 is to be the edges between words i and j
  depth,     ///< |B h_i|^2 is to be the edges from word i up to the root
};

std::string to_string(StructuralTarget target);

/// Whole sentences with their trees, one after another. Borrows what it points to.
struct TreebankStates {
  TensorView<const float, 2> states;         ///< [n_words of all sentences, n_columns]
  std::span<const std::int64_t> begins;      ///< [n_sentences + 1]: sentence s is rows [s], [s + 1)
  std::span<const std::int32_t> heads = {};  ///< [n_words], as dependency_tree.h has them

  std::int64_t n_sentences() const { return static_cast<std::int64_t>(begins.size()) - 1; }
};

/// Hewitt and Manning's (2019) probe, section 3: a matrix B under which squared lengths are
/// distances or depths in the tree.
class StructuralProbe {
 public:
  /// @param matrix  B^T, [n_columns, rank]
  StructuralProbe(StructuralTarget target, std::int64_t n_columns, std::int64_t rank,
                  std::vector<float> matrix);

  StructuralTarget target() const { return target_; }
  std::int64_t n_columns() const { return n_columns_; }
  std::int64_t rank() const { return rank_; }
  const std::vector<float>& matrix() const { return matrix_; }

  /// Of one sentence [n, n_columns]: [n, n] squared distances, or [n] squared lengths.
  /// @throws ShapeError  if the states have another number of columns
  std::vector<float> predict(TensorView<const float, 2> states) const;

 private:
  StructuralTarget target_;
  std::int64_t n_columns_, rank_;
  std::vector<float> matrix_;
};

/// As their code trains (regimen.py): after each epoch the loss on the validation sentences; if it
/// is no new minimum by a share of 1e-4 the rate is multiplied by `decay`, as PyTorch's
/// ReduceLROnPlateau with patience 0. The probe is that of the epoch whose validation loss was the
/// last new minimum by 1e-4; after `patience` + 1 epochs without one training ends.
struct StructuralOptions {
  StructuralTarget target = StructuralTarget::distance;
  int rank = 0;  ///< of B; 0: as many as columns
  AdamOptions adam = {};
  int batch_sentences = 20;
  int epochs = 40;
  double decay = 0.1;
  int patience = 4;
  std::uint64_t seed = 0;  ///< of B and the order, where they are not given
  /// Sentences in the order of training, [epochs, n_sentences]; empty for a random one each epoch.
  std::span<const std::int32_t> order = {};
  /// B^T to begin with, [n_columns, rank]; empty for uniform in [-0.05, 0.05).
  std::span<const float> initial = {};
  std::function<void(int epoch)> on_epoch = {};  ///< called with epochs done; may be empty
};

struct StructuralFit {
  StructuralProbe probe;
  /// By epoch, mean over sentences of sum |predicted - true| / n^2 (/ n for depths), in edges: in
  /// training with the matrix of the moment, in validation with that of the epoch's end.
  std::vector<double> training_losses, validation_losses;
  std::vector<double> learning_rates;  ///< that the epoch was trained at
  int best_epoch = 0;                  ///< that the probe is of, from 0
};

/// Trains with all threads; the result does not depend on their number.
/// @param validation  without sentences: the rate stays, and the probe is that of the last epoch
/// @throws UsageError  if a state is not finite, there is no sentence, a sentence is empty or has
///                     no tree, or an option makes no sense
/// @throws ShapeError  if rows, heads, order or the initial matrix do not fit
/// @throws CancelledError
StructuralFit train_structural_probe(const TreebankStates& training,
                                     const TreebankStates& validation,
                                     const StructuralOptions& options = {});

/// Mean over sentences of the loss, in edges. Throws as above.
double structural_loss(const StructuralProbe& probe, const TreebankStates& sentences);

}  // namespace headlens
