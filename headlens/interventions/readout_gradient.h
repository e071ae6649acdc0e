#pragma once

#include "headlens/interventions/readout.h"
#include "headlens/models/model_transposes.h"

namespace headlens {

/// A metric's value and its gradient with respect to last hidden states. May be used from several
/// threads.
class ReadoutGradient {
 public:
  /// @throws UsageError        for rank, which has no gradient
  /// @throws UnsupportedError  if the model has no vocabulary head
  ReadoutGradient(const Model& model, const ModelTransposes& transposes, Metric metric);

  struct Value {
    double metric = 0;
    Tensor d_states;  ///< [pos, d_model], zero where the question does not read
  };

  /// @param states  after the final norm, of every position: [pos, d_model]
  /// @pre  for kl and js, question.base_log_probabilities is set
  Value differentiate(const Question& question, std::int64_t length, const float* states) const;

 private:
  /// With respect to the rows of logits at the question's positions.
  std::vector<float> logit_gradients(const Question& question, double metric,
                                     const float* states) const;
  /// The same, times W_U.
  std::vector<float> through_unembedding(const Question& question, double metric,
                                         const float* states) const;
  void through_transform(std::int64_t rows, const float* states,
                         std::vector<float>& gradient) const;

  const Model& model_;
  const ModelTransposes& transposes_;
  Readout readout_;
};

}  // namespace headlens
