#include "headlens/learn/softmax_loss.h"

#include <cmath>
#include <cstring>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/learn/softmax_loss.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::CappedTag<float, 16>;
constexpr F kFloat{};
HWY_INLINE std::int64_t vector_lanes() { return static_cast<std::int64_t>(hn::Lanes(kFloat)); }

/// One row's scores in whole vectors; what is beyond n_classes counts for nothing.
struct Scores {
  float* z;
  std::int64_t size;  ///< a multiple of the lanes
  float largest;
};

HWY_INLINE Scores expand_row(const ClassCoordinates& coordinates, const float* reduced, float* z) {
  constexpr float kLowest = -1e30f;
  const std::int64_t n = coordinates.n_columns, lanes = vector_lanes();
  const std::int64_t size = (n + lanes) / lanes * lanes;
  std::memcpy(z, reduced, n * sizeof(float));
  for (std::int64_t c = n; c < size; ++c) z[c] = 0;
  auto sums = hn::Zero(kFloat);
  for (std::int64_t c = 0; c < size; c += lanes) sums = hn::Add(sums, hn::LoadU(kFloat, z + c));
  const float sum = hn::GetLane(hn::SumOfLanes(kFloat, sums));
  const auto shift = hn::Set(kFloat, static_cast<float>(coordinates.shared) * sum);
  for (std::int64_t c = 0; c < size; c += lanes) {
    hn::StoreU(hn::Sub(hn::LoadU(kFloat, z + c), shift), kFloat, z + c);
  }
  z[n] = static_cast<float>(coordinates.last) * sum;
  for (std::int64_t c = n + 1; c < size; ++c) z[c] = kLowest;
  auto largest = hn::Set(kFloat, kLowest);
  for (std::int64_t c = 0; c < size; c += lanes) {
    largest = hn::Max(largest, hn::LoadU(kFloat, z + c));
  }
  return {z, size, hn::GetLane(hn::MaxOfLanes(kFloat, largest))};
}

struct RowSums {
  double loss;
  float others;  ///< sum of exp(z - largest) over the classes but the row's own
  float own;     ///< exp(z - largest) of the row's own class
};

/// Leaves exp(z - largest) in z, with 0 for the row's own class.
HWY_INLINE RowSums exponentiate(const Scores& scores, std::int32_t own_class) {
  const float own_score = scores.z[own_class] - scores.largest;
  const std::int64_t lanes = vector_lanes();
  const auto shift = hn::Set(kFloat, scores.largest);
  for (std::int64_t c = 0; c < scores.size; c += lanes) {
    const auto e = hn::Exp(kFloat, hn::Sub(hn::LoadU(kFloat, scores.z + c), shift));
    hn::StoreU(e, kFloat, scores.z + c);
  }
  const float own = scores.z[own_class];
  scores.z[own_class] = 0;
  auto sums = hn::Zero(kFloat);
  for (std::int64_t c = 0; c < scores.size; c += lanes) {
    sums = hn::Add(sums, hn::LoadU(kFloat, scores.z + c));
  }
  const float others = hn::GetLane(hn::SumOfLanes(kFloat, sums));
  const double loss = own_score == 0 ? std::log1p(static_cast<double>(others))
                                     : std::log(static_cast<double>(others) + own) - own_score;
  return {loss, others, own};
}

void write_errors(const ClassCoordinates& coordinates, const Scores& scores, const RowSums& sums,
                  float* errors) {
  const float factor = 1 / (sums.others + sums.own);
  for (std::int64_t c = 0; c < coordinates.n_classes; ++c) errors[c] = factor * scores.z[c];
}

HWY_INLINE void write_gradient(const ClassCoordinates& coordinates, const Scores& scores,
                               const RowSums& sums, float weight, float* out) {
  const std::int64_t n = coordinates.n_columns, lanes = vector_lanes();
  const float factor = weight / (sums.others + sums.own);
  const float last = scores.z[n];
  scores.z[n] = 0;
  auto total = hn::Zero(kFloat);
  for (std::int64_t c = 0; c < scores.size; c += lanes) {
    total = hn::Add(total, hn::LoadU(kFloat, scores.z + c));
  }
  const float sum = hn::GetLane(hn::SumOfLanes(kFloat, total));
  const auto shift =
      hn::Set(kFloat, static_cast<float>(coordinates.last * last - coordinates.shared * sum));
  const auto scale = hn::Set(kFloat, factor);
  for (std::int64_t c = 0; c < scores.size; c += lanes) {
    const auto value = hn::Mul(hn::Add(hn::LoadU(kFloat, scores.z + c), shift), scale);
    hn::StoreU(value, kFloat, scores.z + c);
  }
  std::memcpy(out, scores.z, n * sizeof(float));
}

double softmax_loss_target(const ClassCoordinates& coordinates, const SoftmaxRows& rows,
                           float* scratch) {
  double loss = 0;
  for (std::int64_t i = 0; i < rows.n_rows; ++i) {
    float* logits = rows.logits + i * rows.stride;
    float* errors = rows.errors == nullptr ? nullptr : rows.errors + i * coordinates.n_classes;
    const float weight = rows.weights[i];
    if (weight == 0) {
      std::memset(logits, 0, coordinates.n_columns * sizeof(float));
      if (errors != nullptr) std::memset(errors, 0, coordinates.n_classes * sizeof(float));
      continue;
    }
    const std::int32_t own_class = rows.classes[i];
    const Scores scores = expand_row(coordinates, logits, scratch);
    const RowSums sums = exponentiate(scores, own_class);
    loss += weight * sums.loss;
    scores.z[own_class] = -sums.others;
    if (errors != nullptr) write_errors(coordinates, scores, sums, errors);
    write_gradient(coordinates, scores, sums, weight, logits);
  }
  return loss;
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(softmax_loss_target);

std::int64_t softmax_scratch_size(const ClassCoordinates& coordinates) {
  return (coordinates.n_classes + 31) / 16 * 16;
}

double softmax_loss(const ClassCoordinates& coordinates, const SoftmaxRows& rows, float* scratch) {
  return HWY_DYNAMIC_DISPATCH(softmax_loss_target)(coordinates, rows, scratch);
}

}  // namespace headlens
#endif
