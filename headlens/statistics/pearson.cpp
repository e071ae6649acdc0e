#include "headlens/statistics/pearson.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace headlens {
namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double pearson(std::span<const double> a, std::span<const double> b) {
  const double middle_a = mean(a), middle_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - middle_a) * (b[i] - middle_b);
    aa += (a[i] - middle_a) * (a[i] - middle_a);
    bb += (b[i] - middle_b) * (b[i] - middle_b);
  }
  if (!(aa > 0) || !(bb > 0)) return std::numeric_limits<double>::quiet_NaN();
  return ab / std::sqrt(aa * bb);
}

}  // namespace headlens
