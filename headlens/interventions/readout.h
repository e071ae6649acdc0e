#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/metric.h"
#include "headlens/models/model.h"

namespace headlens {

/// Reads a metric from last hidden states. Of the vocabulary only the columns that the metric needs
/// are computed. May be used from several threads.
class Readout {
 public:
  /// @throws UnsupportedError  if the model has no vocabulary head
  /// @pre model.load_head() was called
  Readout(const Model& model, Metric metric);

  Metric metric() const { return metric_; }

  /// Computes what a question must know of its base run.
  void prepare(Question& question, const BaseRun& base) const;

  /// @param questions  neighbours that are the same are read together
  /// @param states     after the final norm, a row for each position of each question in turn;
  ///                   changed
  /// @param values     one for each question
  void read(std::span<const Question* const> questions, std::span<float> states,
            std::span<double> values) const;

  /// The metric of the base run itself.
  double read_base(const Question& question, const BaseRun& base) const;

 private:
  std::vector<float> base_states(const Question& question, const BaseRun& base) const;
  void read_columns(const Question& question, std::int64_t rows, const float* states,
                    double* values) const;
  void read_rows(std::span<const Question* const> questions, const float* states,
                 std::span<double> values) const;
  /// What one position adds to the metric.
  double read_row(const Question& question, std::size_t index, const float* logits) const;
  double finish(double sum, std::size_t n_positions) const;

  const Model& model_;
  Metric metric_;
};

}  // namespace headlens
