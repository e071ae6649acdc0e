#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "headlens/learn/adam.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Held-out rows whose loss decides when training ends.
struct EarlyStopping {
  TensorView<const float, 2> states = {};  ///< [n, n_columns]
  std::span<const std::int32_t> labels = {};
  /// Stop when the mean loss has not fallen for so many epochs, and take the weights of the epoch
  /// where it was least; 0: train all epochs. Rows of classes that training lacks are not counted.
  int patience = 0;
};

/// A probe trained by Adam for a fixed number of epochs, as lab texts do it: it stops early by
/// design, where fit_logistic() goes to the optimum.
struct AdamProbeOptions {
  int hidden = 0;        ///< 0 for a linear probe; the usual MLP has 256, with ReLU
  double dropout = 0.1;  ///< of the hidden layer, in training alone
  AdamOptions adam = {};
  int batch_size = 256;
  int epochs = 10;
  std::uint64_t seed = 0;  ///< of weights, order and dropout where they are not given
  int report_every = 5;    ///< epochs between calls of on_loss
  /// Called with epochs done and that epoch's mean loss in nats; may be empty.
  std::function<void(int epoch, double loss_nats)> on_loss = {};
  /// Rows in the order of training, [epochs, n_rows]; empty for a random one each epoch.
  std::span<const std::int32_t> order = {};
  /// As parameters() of AdamProbe; empty for PyTorch's Linear: uniform within 1 / sqrt(inputs).
  std::span<const float> initial = {};
  EarlyStopping early_stopping = {};
};

class AdamProbe {
 public:
  /// @param classes  labels, ascending
  /// @param parameters  as parameters()
  AdamProbe(std::vector<std::int32_t> classes, std::int64_t n_columns, std::int64_t hidden,
            std::vector<float> parameters);

  const std::vector<std::int32_t>& classes() const { return classes_; }
  std::int64_t hidden() const { return hidden_; }
  /// As PyTorch's Linear layers lie one after another: weight [outputs, inputs], bias [outputs].
  const std::vector<float>& parameters() const { return parameters_; }
  /// @throws ShapeError  if x has another number of columns
  std::vector<std::int32_t> predict(TensorView<const float, 2> x) const;

 private:
  std::vector<std::int32_t> classes_;
  std::int64_t n_columns_, hidden_;
  std::vector<float> parameters_;
};

struct AdamProbeFit {
  AdamProbe probe;
  std::vector<double> losses_nats;  ///< mean training loss of each epoch, dropout included
  std::vector<double> validation_losses_nats = {};  ///< of early stopping, after each epoch
  int best_epoch = 0;  ///< whose weights the probe has, from 1: the last without early stopping
};

/// @param x  [n_rows, n_columns] float32
/// @param labels  [n_rows], any integers
/// @throws UsageError  if a state is not finite, there is one class only, or an option makes no
/// sense
/// @throws ShapeError  if labels, order or initial weights do not fit
AdamProbeFit train_adam_probe(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                              const AdamProbeOptions& options = {});

}  // namespace headlens
