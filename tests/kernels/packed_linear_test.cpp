#include "headlens/kernels/packed_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "headlens/kernels/bfloat16.h"
#include "headlens/kernels/panel_product.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

struct Size {
  std::int64_t out, in;
};

/// A random layer beside its plain weights.
struct Layer {
  Layer(Size wanted, Precision chosen, bool has_bias)
      : size(wanted),
        weights(random_numbers(wanted.out * wanted.in, 1)),
        packed(wanted.out, wanted.in, chosen, has_bias) {
    // In uneven pieces, whose borders do not lie on panels.
    for (std::int64_t first = 0, n = 1; first < size.out; first += n, n = n * 5 % 37 + 1) {
      n = std::min(n, size.out - first);
      packed.pack_rows(first, n, weights.data() + first * size.in);
    }
    if (has_bias) bias = random_numbers(size.out, 2);
    std::copy(bias.begin(), bias.end(), packed.bias().begin());
  }

  /// In double precision from the numbers as the precision rounds them.
  /// @param magnitude  receives the sum of the terms' sizes, which rounding goes with
  double expected(const float* x, std::int64_t column, double& magnitude) const {
    const bool rounds = packed.precision() == Precision::bf16;
    const auto read = [&](float value) -> double {
      return rounds ? from_bfloat16(to_bfloat16(value)) : value;
    };
    double sum = bias.empty() ? 0.0 : bias[column];
    magnitude = 1;
    for (std::int64_t k = 0; k < size.in; ++k) {
      const double term = read(x[k]) * read(weights[column * size.in + k]);
      sum += term;
      magnitude += std::abs(term);
    }
    return sum;
  }

  Size size;
  std::vector<float> weights, bias;
  PackedLinear packed;
};

class PackedLinears : public testing::TestWithParam<std::tuple<Precision, Size, bool>> {
 protected:
  Layer layer{std::get<1>(GetParam()), std::get<0>(GetParam()), std::get<2>(GetParam())};
  Size size = layer.size;

  void expect_rows(const std::vector<float>& x, std::int64_t rows, Range columns, const float* y,
                   std::int64_t stride, const std::vector<float>* before = nullptr) const {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t j = columns.begin; j < columns.end; ++j) {
        double magnitude = 0;
        double expected = layer.expected(&x[r * size.in], j, magnitude);
        const std::int64_t at = r * stride + j - columns.begin;
        if (before != nullptr) expected += (*before)[at];
        ASSERT_NEAR(y[at], expected, 4e-7 * magnitude) << "row " << r << " column " << j;
      }
    }
  }
};

TEST_P(PackedLinears, MultiplyEqualsDoublePrecision) {
  for (const std::int64_t rows : {1, 2, 3, 5, 6, 7, 14, 31, 64, 131}) {
    const std::vector<float> x = random_numbers(rows * size.in, 3);
    std::vector<float> y(rows * size.out + 1, -9.0f);
    layer.packed.multiply(x.data(), rows, y.data(), false);
    expect_rows(x, rows, {0, size.out}, y.data(), size.out);
    ASSERT_EQ(y.back(), -9.0f);
  }
}

TEST_P(PackedLinears, MultiplyAddsToWhatIsThere) {
  for (const std::int64_t rows : {1, 9, 70}) {
    const std::vector<float> x = random_numbers(rows * size.in, 4);
    const std::vector<float> before = random_numbers(rows * size.out, 5);
    std::vector<float> y = before;
    layer.packed.multiply(x.data(), rows, y.data(), true);
    expect_rows(x, rows, {0, size.out}, y.data(), size.out, &before);
  }
}

TEST_P(PackedLinears, NoRowsAreNoWork) {
  float y = 3;
  layer.packed.multiply(nullptr, 0, &y, false);
  EXPECT_EQ(y, 3);
}

TEST_P(PackedLinears, ColumnsShareOneProduct) {
  for (const bool accumulate : {false, true}) {
    for (const std::int64_t rows : {1, 6, 48}) {
      const std::vector<float> x = random_numbers(rows * size.in, 6);
      const std::vector<float> before = random_numbers(rows * size.out, 7);
      std::vector<float> y = before;
      for (std::int64_t begin = 0, n = 1; begin < size.out; ++n) {
        const std::int64_t end = std::min(begin + n * PackedLinear::kColumnGrain, size.out);
        layer.packed.multiply_columns(x.data(), rows, {begin, end}, y.data(), accumulate);
        begin = end;
      }
      expect_rows(x, rows, {0, size.out}, y.data(), size.out, accumulate ? &before : nullptr);
    }
  }
}

/// So that a row's result does not depend on how threads share the product.
TEST_P(PackedLinears, ColumnsHoldTheBitsOfTheWholeProduct) {
  for (const std::int64_t rows : {1, 14, 15, 48}) {
    const std::vector<float> x = random_numbers(rows * size.in, 9);
    std::vector<float> whole(rows * size.out), divided(rows * size.out);
    layer.packed.multiply(x.data(), rows, whole.data(), false);
    for (std::int64_t begin = 0; begin < size.out; begin += PackedLinear::kColumnGrain) {
      const std::int64_t end = std::min(begin + PackedLinear::kColumnGrain, size.out);
      layer.packed.multiply_columns(x.data(), rows, {begin, end}, divided.data(), false);
    }
    ASSERT_EQ(divided, whole) << rows << " rows";
  }
}

TEST_P(PackedLinears, BlocksAreDenseOnTheirOwn) {
  for (std::int64_t begin = 0; begin < size.out; begin += kPanelColumns) {
    for (const std::int64_t end : {std::min(begin + kPanelColumns, size.out), size.out}) {
      for (const std::int64_t rows : {1, 17}) {
        const std::vector<float> x = random_numbers(rows * size.in, 8);
        std::vector<float> y(rows * (end - begin));
        layer.packed.multiply_block(x.data(), rows, {begin, end}, y.data());
        expect_rows(x, rows, {begin, end}, y.data(), end - begin);
      }
    }
  }
}

constexpr Size kSizes[] = {{1, 1},
                           {2, 3},
                           {36, 40},
                           {40, 36},
                           {63, 17},
                           {64, 64},
                           {65, 33},
                           {100, 7},
                           {128, 96},
                           {200, 576},
                           {1, 1000},
                           {129, 1},
                           // depths of several blocks
                           {64, 1040},
                           {64, 1100},
                           {64, 1536},
                           {64, 2000},
                           {64, 2096},
                           {64, 3000}};

INSTANTIATE_TEST_SUITE_P(Sizes, PackedLinears,
                         testing::Combine(testing::Values(Precision::f32, Precision::bf16),
                                          testing::ValuesIn(kSizes), testing::Bool()),
                         [](const auto& test) {
                           const Size size = std::get<1>(test.param);
                           return std::string(to_string(std::get<0>(test.param))) + "_" +
                                  std::to_string(size.out) + "x" + std::to_string(size.in) +
                                  (std::get<2>(test.param) ? "_bias" : "");
                         });

}  // namespace
}  // namespace headlens
