#include "headlens/kernels/activation.h"

#include <cmath>

// Highway needs these in this order.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "headlens/kernels/activation.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace headlens::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE V polynomial(D d, V x, const float* coefficients, int count) {
  V sum = hn::Set(d, coefficients[0]);
  for (int i = 1; i < count; ++i) sum = hn::MulAdd(sum, x, hn::Set(d, coefficients[i]));
  return sum;
}

/// erf by the rational minimax fit that Eigen and XLA use for float32 (a few ulp); past |x| = 4 it
/// is 1 to rounding.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf(D d, V x) {
  constexpr float kNumerator[] = {-2.72614225801306e-10f, 2.77068142495902e-08f,
                                  -2.10102402082508e-06f, -5.69250639462346e-05f,
                                  -7.34990630326855e-04f, -2.95459980854025e-03f,
                                  -1.60960333262415e-02f};
  constexpr float kDenominator[] = {-1.45660718464996e-05f, -2.13374055278905e-04f,
                                    -1.68282697438203e-03f, -7.37332916720468e-03f,
                                    -1.42647390514189e-02f};
  const V clamped = hn::Max(hn::Min(x, hn::Set(d, 4.0f)), hn::Set(d, -4.0f));
  const V square = hn::Mul(clamped, clamped);
  return hn::Div(hn::Mul(clamped, polynomial(d, square, kNumerator, 7)),
                 polynomial(d, square, kDenominator, 5));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  // Past 104 exp is infinite, and Highway's is not meant for it.
  const V exponent = hn::Min(hn::Neg(x), hn::Set(d, 104.0f));
  return hn::Div(one, hn::Add(one, hn::Exp(d, exponent)));
}

template <Activation kActivation, class D, class V = hn::Vec<D>>
HWY_INLINE V apply(D d, V x) {
  if constexpr (kActivation == Activation::gelu) {
    const V half = hn::Mul(x, hn::Set(d, 0.5f));
    return hn::MulAdd(half, erf(d, hn::Mul(x, hn::Set(d, 0.70710678118654752f))), half);
  } else if constexpr (kActivation == Activation::gelu_tanh) {
    // 0.5 (1 + tanh u) = sigmoid(2u)
    const V cube = hn::Mul(hn::Mul(x, x), x);
    const V u = hn::MulAdd(cube, hn::Set(d, 0.044715f), x);
    return hn::Mul(x, sigmoid(d, hn::Mul(u, hn::Set(d, 2.0f * 0.79788456080286536f))));
  } else if constexpr (kActivation == Activation::relu) {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);  // NaN stays NaN
  } else if constexpr (kActivation == Activation::silu) {
    return hn::Mul(x, sigmoid(d, x));
  } else {
    return hn::Tanh(d, x);
  }
}

template <Activation kActivation>
HWY_INLINE void activate_all(const float* x, const float* up, std::int64_t n, float* y) {
  const hn::ScalableTag<float> vector;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(vector));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto value = apply<kActivation>(vector, hn::LoadU(vector, x + i));
    hn::StoreU(up ? hn::Mul(value, hn::LoadU(vector, up + i)) : value, vector, y + i);
  }
  const hn::CappedTag<float, 1> scalar;
  for (; i < n; ++i) {
    const float value = hn::GetLane(apply<kActivation>(scalar, hn::Set(scalar, x[i])));
    y[i] = up ? value * up[i] : value;
  }
}

void activate_target(Activation activation, const float* x, const float* up, std::int64_t n,
                     float* y) {
  switch (activation) {
    case Activation::gelu:
      return activate_all<Activation::gelu>(x, up, n, y);
    case Activation::gelu_tanh:
      return activate_all<Activation::gelu_tanh>(x, up, n, y);
    case Activation::relu:
      return activate_all<Activation::relu>(x, up, n, y);
    case Activation::silu:
      return activate_all<Activation::silu>(x, up, n, y);
    case Activation::tanh:
      return activate_all<Activation::tanh>(x, up, n, y);
  }
}

}  // namespace headlens::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headlens {

HWY_EXPORT(activate_target);

std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
    case Activation::relu:
      return "relu";
    case Activation::silu:
      return "silu";
    case Activation::tanh:
      return "tanh";
  }
  return "unknown";
}

void activate(Activation activation, const float* x, std::int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(activate_target)(activation, x, nullptr, n, y);
}

void activate_gated(Activation activation, const float* gate, const float* up, std::int64_t n,
                    float* y) {
  HWY_DYNAMIC_DISPATCH(activate_target)(activation, gate, up, n, y);
}

namespace {

double slope(Activation activation, double x) {
  constexpr double kInverseRootTwoPi = 0.39894228040143268, kInverseRootTwo = 0.70710678118654752;
  switch (activation) {
    case Activation::gelu:
      return 0.5 * (1 + std::erf(x * kInverseRootTwo)) +
             x * kInverseRootTwoPi * std::exp(-0.5 * x * x);
    case Activation::gelu_tanh: {
      constexpr double kRootTwoOverPi = 0.79788456080286536, kCubic = 0.044715;
      const double t = std::tanh(kRootTwoOverPi * (x + kCubic * x * x * x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * kRootTwoOverPi * (1 + 3 * kCubic * x * x);
    }
    case Activation::relu:
      return x > 0 ? 1 : 0;
    case Activation::silu: {
      const double s = 1 / (1 + std::exp(-x));
      return s * (1 + x * (1 - s));
    }
    case Activation::tanh: {
      const double t = std::tanh(x);
      return 1 - t * t;
    }
  }
  return 0;
}

}  // namespace

void activate_vjp(Activation activation, const float* x, std::int64_t n, const float* dy,
                  float* dx) {
  for (std::int64_t i = 0; i < n; ++i) {
    dx[i] = dy[i] * static_cast<float>(slope(activation, x[i]));
  }
}

void activate_gated_vjp(Activation activation, const float* gate, const float* up, std::int64_t n,
                        const float* dy, float* d_gate, float* d_up) {
  activate(activation, gate, n, d_up);
  for (std::int64_t i = 0; i < n; ++i) {
    d_up[i] *= dy[i];
    d_gate[i] = dy[i] * up[i] * static_cast<float>(slope(activation, gate[i]));
  }
}

}  // namespace headlens
#endif
