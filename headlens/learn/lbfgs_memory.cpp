#include "headlens/learn/lbfgs_memory.h"

#include <algorithm>
#include <array>

namespace headlens {
namespace {

double dot(const double* a, const double* b, Range range) {
  // Four sums, which the compiler keeps in vectors.
  std::array<double, 4> sum{};
  std::int64_t i = range.begin;
  for (; i + 4 <= range.end; i += 4) {
    for (int k = 0; k < 4; ++k) sum[k] += a[i + k] * b[i + k];
  }
  for (; i < range.end; ++i) sum[0] += a[i] * b[i];
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

}  // namespace

LbfgsMemory::LbfgsMemory(std::int64_t vector_size, int capacity)
    : vector_size_(vector_size),
      capacity_(capacity),
      s_(vector_size * (capacity + 1)),
      z_(vector_size * (capacity + 1)),
      sy_((capacity + 1) * (capacity + 1)),
      yz_(sy_.size()),
      sg_(capacity + 1),
      zg_(capacity + 1),
      of_s_(capacity + 1),
      of_z_(capacity + 1) {}

void LbfgsMemory::clear() {
  order_.clear();
  gamma_ = 1;
}

int LbfgsMemory::free_slot() const {
  int slot = 0;
  while (std::ranges::find(order_, slot) != order_.end()) ++slot;
  return slot;
}

void LbfgsMemory::write_pair(const Slice& slice, bool has_old, std::span<double> products) {
  for (const int slot : order_) {
    products[slot] = dot(s(slot), slice.gradient, slice.range);
    products[capacity_ + 1 + slot] = dot(z(slot), slice.gradient, slice.range);
  }
  const auto own = products.last(kOwnProducts);
  own[0] = dot(slice.gradient, slice.inverse_gradient, slice.range);
  if (!has_old) return;
  double* new_s = s(free_slot());
  double* new_z = z(free_slot());
  double s_y = 0, y_z = 0, s_g = 0, z_g = 0;
  for (std::int64_t i = slice.range.begin; i < slice.range.end; ++i) {
    const double y = slice.gradient[i] - slice.old_gradient[i];
    new_s[i] = slice.point[i] - slice.old_point[i];
    new_z[i] = slice.inverse_gradient[i] - slice.old_inverse_gradient[i];
    s_y += new_s[i] * y;
    y_z += y * new_z[i];
    s_g += new_s[i] * slice.gradient[i];
    z_g += new_z[i] * slice.gradient[i];
  }
  own[1] = s_y;
  own[2] = y_z;
  own[3] = s_g;
  own[4] = z_g;
}

double LbfgsMemory::update(bool has_old, std::span<const double> products) {
  const auto own = products.last(kOwnProducts);
  const int slot = free_slot();
  // A pair without positive curvature, which only rounding can give here, is left out.
  const bool takes_pair = has_old && own[1] > 0 && own[2] > 0;
  if (takes_pair) append(slot, products);
  for (const int i : order_) {
    if (takes_pair && i == slot) continue;
    sg_[i] = products[i];
    zg_[i] = products[capacity_ + 1 + i];
  }
  if (static_cast<int>(order_.size()) > capacity_) order_.erase(order_.begin());
  solve_coefficients();
  double product = gamma_ * own[0];
  for (const int i : order_) product += of_s_[i] * sg_[i] + of_z_[i] * zg_[i];
  return product;
}

void LbfgsMemory::append(int slot, std::span<const double> products) {
  const auto own = products.last(kOwnProducts);
  for (const int i : order_) {
    sy(i, slot) = products[i] - sg_[i];
    yz(i, slot) = yz(slot, i) = products[capacity_ + 1 + i] - zg_[i];
  }
  sy(slot, slot) = own[1];
  yz(slot, slot) = own[2];
  sg_[slot] = own[3];
  zg_[slot] = own[4];
  gamma_ = own[1] / own[2];
  order_.push_back(slot);
}

/// With R the upper triangle of S^T Y and D its diagonal: a = R^-1 S^T g; Z gets -gamma a, and S
/// gets R^-T ((D + gamma Y^T Z) a - gamma Z^T g).
void LbfgsMemory::solve_coefficients() {
  const int n = size();
  std::vector<double> a(n), right(n);
  for (int i = n; i-- > 0;) {
    a[i] = sg_[order_[i]];
    for (int j = i + 1; j < n; ++j) a[i] -= sy(order_[i], order_[j]) * a[j];
    a[i] /= sy(order_[i], order_[i]);
  }
  for (int i = 0; i < n; ++i) {
    const int slot = order_[i];
    right[i] = sy(slot, slot) * a[i] - gamma_ * zg_[slot];
    for (int j = 0; j < n; ++j) right[i] += gamma_ * yz(slot, order_[j]) * a[j];
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) right[i] -= sy(order_[j], order_[i]) * right[j];
    right[i] /= sy(order_[i], order_[i]);
  }
  for (int i = 0; i < n; ++i) {
    of_s_[order_[i]] = right[i];
    of_z_[order_[i]] = -gamma_ * a[i];
  }
}

void LbfgsMemory::write_direction(Range range, const double* inverse_gradient,
                                  double* direction) const {
  for (std::int64_t i = range.begin; i < range.end; ++i)
    direction[i] = -gamma_ * inverse_gradient[i];
  for (const int slot : order_) {
    const double by_s = of_s_[slot], by_z = of_z_[slot];
    const double *s_row = s(slot), *z_row = z(slot);
    for (std::int64_t i = range.begin; i < range.end; ++i) {
      direction[i] -= by_s * s_row[i] + by_z * z_row[i];
    }
  }
}

}  // namespace headlens
