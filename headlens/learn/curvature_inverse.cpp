#include "headlens/learn/curvature_inverse.h"

#include <algorithm>

#include "headlens/kernels/cholesky.h"
#include "headlens/kernels/panel_product.h"

namespace headlens {

CurvatureInverse::CurvatureInverse(std::int64_t n_features)
    : n_(n_features), stride_((n_ + 15) / 16 * 16 + 16), inverse_(n_ * stride_) {}

void CurvatureInverse::take_tile(std::int64_t tile, CurvatureSums& sums) {
  constexpr std::int64_t kColumns = CurvatureSums::kTileColumns;
  const std::int64_t first = tile * kColumns, end = std::min(n_, first + kColumns);
  const StridedMatrix<double> inverse = sums.sums();
  inverse_columns(n_, sums.inverse_factor(), first, end, inverse);
  for (std::int64_t i = 0; i < end; ++i) {
    for (std::int64_t j = std::max(first, i); j < end; ++j) {
      const auto value = static_cast<float>(inverse.row(i)[j]);
      inverse_[i * stride_ + j] = value;
      inverse_[j * stride_ + i] = value;
    }
  }
}

void CurvatureInverse::apply(Range rows, const float* x, std::int64_t n_columns,
                             std::int64_t stride, float* out) const {
  for (std::int64_t c = 0; c < n_columns; c += kPanelColumns) {
    multiply_panel(inverse_.data() + rows.begin * stride_, stride_, rows.size(), x + c, stride, n_,
                   {out + rows.begin * stride + c, stride, std::min(kPanelColumns, n_columns - c)});
  }
}

}  // namespace headlens
