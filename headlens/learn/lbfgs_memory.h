#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// Limited-memory BFGS (Nocedal 1980) with any symmetric H0, in the compact form of Byrd, Nocedal
/// and Schnabel (1994):
///     H g = gamma H0 g + [S gamma Z] M [S gamma Z]^T g,  Z = H0 Y,
/// where M follows from products of the pairs alone. All that a step needs of the long vectors is
/// their products with the new gradient, so that threads meet twice a step and not once a pair.
class LbfgsMemory {
 public:
  /// What a new gradient looks like over one range of the vectors.
  struct Slice {
    Range range;
    const double *old_point, *point;
    const double *old_gradient, *gradient;
    const double *old_inverse_gradient, *inverse_gradient;  ///< H0 g
  };

  LbfgsMemory(std::int64_t vector_size, int capacity);

  void clear();
  int size() const { return static_cast<int>(order_.size()); }
  std::int64_t n_products() const { return 2 * (capacity_ + 1) + kOwnProducts; }

  /// Writes the range of a new pair (if there was an old point) and the range's products with the
  /// new gradient. Ranges may be done by different threads.
  void write_pair(const Slice& slice, bool has_old, std::span<double> products);

  /// Takes the products, summed over all ranges, and computes the coefficients of H g.
  /// @return  g^T H g; not positive if rounding has spoilt the pairs
  double update(bool has_old, std::span<const double> products);

  /// direction = -H g over a range.
  void write_direction(Range range, const double* inverse_gradient, double* direction) const;

 private:
  static constexpr std::int64_t kOwnProducts = 5;
  double* s(int slot) { return s_.data() + slot * vector_size_; }
  const double* s(int slot) const { return s_.data() + slot * vector_size_; }
  double* z(int slot) { return z_.data() + slot * vector_size_; }
  const double* z(int slot) const { return z_.data() + slot * vector_size_; }
  double& sy(int i, int j) { return sy_[i * (capacity_ + 1) + j]; }
  double& yz(int i, int j) { return yz_[i * (capacity_ + 1) + j]; }
  int free_slot() const;
  void append(int slot, std::span<const double> products);
  void solve_coefficients();

  std::int64_t vector_size_;
  int capacity_;
  AlignedBuffer<double> s_, z_;      ///< [capacity + 1, vector_size]; the free one is being written
  std::vector<double> sy_, yz_;      ///< s_i^T y_j, y_i^T z_j by slots
  std::vector<double> sg_, zg_;      ///< with the newest gradient, by slot
  std::vector<double> of_s_, of_z_;  ///< coefficients by slot
  std::vector<int> order_;           ///< slots in use, oldest first
  double gamma_ = 1;
};

}  // namespace headlens
