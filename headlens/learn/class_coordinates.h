#pragma once

#include <cstdint>

namespace headlens {

/// Scores of K classes in K - 1 numbers. Adding the same to all scores changes no probability, so
/// one direction of W is redundant; under an L2 penalty it is zero at the optimum. Leaving it out
/// by an orthonormal basis of the rest keeps ||W||^2, and so the optimum, exactly:
///     z_c = v_c - shared * S for c < K - 1,  z_{K-1} = last * S,  S = sum of v.
/// Two classes are scikit-learn's one sigmoid, z = (0, v), whose penalty counts v once.
struct ClassCoordinates {
  explicit ClassCoordinates(int n_classes);

  /// v of scores, orthogonal to the redundant direction: the transpose of the map above.
  void reduce(const double* scores, double* reduced) const;
  void expand(const double* reduced, double* scores) const;
  /// One class's scores of `n_rows` rows of v, float32.
  void expand_one(int class_index, std::int64_t n_rows, const float* reduced, std::int64_t stride,
                  float* scores) const;
  bool is_binary() const { return n_classes == 2; }

  int n_classes;
  int n_columns;  ///< K - 1
  double shared, last;
};

}  // namespace headlens
