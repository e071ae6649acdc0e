#include "headlens/kernels/linear_eraser.h"

#include <algorithm>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {

void LinearEraser::apply(float* row) const {
  const std::int64_t n = width();
  std::vector<double> taken(n);
  for (std::int64_t r = 0; r < rank; ++r) {
    const double *in = right.data() + r * n, *out = left.data() + r * n;
    double amount = 0;
    for (std::int64_t j = 0; j < n; ++j) amount += in[j] * (row[j] - mean[j]);
    for (std::int64_t j = 0; j < n; ++j) taken[j] += amount * out[j];
  }
  for (std::int64_t j = 0; j < n; ++j) row[j] = static_cast<float>(row[j] - taken[j]);
}

Tensor LinearEraser::apply(TensorView<const float, 2> x) const {
  const std::int64_t n = width();
  if (x.size(1) != n) {
    throw ShapeError("linear eraser", std::to_string(n) + " columns", std::to_string(x.size(1)));
  }
  Tensor erased({x.size(0), n});
  parallel_for(x.size(0), [&](std::ptrdiff_t i) {
    float* row = erased.data() + i * n;
    std::copy_n(x.data() + i * x.stride(0), n, row);
    apply(row);
  });
  return erased;
}

}  // namespace headlens
