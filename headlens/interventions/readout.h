#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/metric.h"
#include "headlens/models/model.h"

namespace headlens {

/// Reads metrics from last hidden states. Of the vocabulary only the columns that the metric needs
/// are computed. May be used from several threads.
class Readout {
 public:
  /// @throws UnsupportedError  if the model has no vocabulary head
  /// @pre model.load_head() was called
  Readout(const Model& model, Metric metric) : Readout(model, std::vector{metric}) {}
  /// Several metrics of the same logits. @pre there is one at least
  Readout(const Model& model, std::vector<Metric> metrics);

  /// The first.
  Metric metric() const { return metrics_.front(); }
  const std::vector<Metric>& metrics() const { return metrics_; }

  /// Computes what a question must know of its base run.
  void prepare(Question& question, const BaseRun& base) const;

  /// @param questions  neighbours that are the same are read together
  /// @param states     after the final norm, a row for each position of each question in turn;
  ///                   changed
  /// @param values     [question, metric]
  void read(std::span<const Question* const> questions, std::span<float> states,
            std::span<double> values) const;

  /// Each metric of the base run itself.
  std::vector<double> read_base_all(const Question& question, const BaseRun& base) const;
  /// The first one.
  double read_base(const Question& question, const BaseRun& base) const {
    return read_base_all(question, base).front();
  }

 private:
  std::vector<float> base_states(const Question& question, const BaseRun& base) const;
  void read_columns(const Question& question, std::int64_t rows, const float* states,
                    double* values) const;
  void read_rows(std::span<const Question* const> questions, const float* states,
                 std::span<double> values) const;
  bool reads(Metric metric) const;
  /// What one position adds to each metric.
  void add_row(const Question& question, std::size_t index, const float* logits,
               double* values) const;
  static double finish(Metric metric, double sum, std::size_t n_positions);

  const Model& model_;
  std::vector<Metric> metrics_;
};

}  // namespace headlens
