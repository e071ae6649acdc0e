#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/class_coordinates.h"
#include "headlens/learn/curvature_inverse.h"

namespace headlens {

/// Estimates of one problem's inverse Hessian. The first is one matrix for all classes; from the
/// second on each class has its own, B_c = sum of w p_c (1 - p_c) x x^T + the penalty, and
///     H0 = E blockdiag(B_c^-1) E^T,  E being ClassCoordinates's map from scores.
/// Near the optimum classes differ in which examples bend them: with their own inverses a fit takes
/// a quarter of the iterations. While every example is uncertain they hardly differ, and cost most.
class Preconditioner {
 public:
  /// @param n_examples  those with a weight
  Preconditioner(std::int64_t n_features, std::int64_t n_examples,
                 const ClassCoordinates& coordinates);

  /// Two classes have one inverse, and so have classes whose own would take too much memory or
  /// time.
  bool can_go_by_class() const { return can_go_by_class_; }
  bool by_class() const { return by_class_; }
  /// Another estimate is about to be made; tells whether by class.
  void begin_renewal();
  CurvatureInverse& shared() { return shared_; }
  /// @param inverse_factor  of the class's sums with its penalty
  void take_class(int class_index, StridedMatrix<const double> inverse_factor);

  // out = H0 g in three steps: each feature's gradient, [n_columns], is written; with inverses by
  // class, each class is applied; then ranges of features are read. Any thread may do any part of a
  // step.
  void write(std::int64_t feature, const double* gradient);
  int n_classes_to_apply() const { return by_class_ ? coordinates_.n_classes : 0; }
  void apply_class(int class_index);
  /// @param out  [n_features, n_columns]
  void read(Range features, double* out);

 private:
  float* of_class(AlignedBuffer<float>& vectors, int c) { return vectors.data() + c * n_padded_; }

  std::int64_t n_, n_padded_;
  ClassCoordinates coordinates_;
  std::int64_t padded_columns_;
  bool can_go_by_class_, by_class_ = false;
  int renewals_ = 0;
  CurvatureInverse shared_;
  AlignedBuffer<float> gradient_, product_;                ///< [n_features, padded_columns]
  AlignedBuffer<float> class_factors_;                     ///< [n_classes] packed triangles
  AlignedBuffer<float> class_gradients_, class_products_;  ///< [n_classes, n_padded]
};

}  // namespace headlens
