#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "headlens/kernels/packed_linear.h"
#include "headlens/kernels/panel_product.h"
#include "tests/kernels/golden_tensor.h"

namespace headlens {
namespace {

constexpr std::int64_t kOut = 200, kIn = 96;

PackedLinear packed(Precision precision, const std::vector<float>& weights) {
  PackedLinear linear(kOut, kIn, precision, true);
  linear.pack_rows(0, kOut, weights.data());
  for (float& value : linear.bias()) value = 0.25f;
  return linear;
}

class OnThreads : public testing::TestWithParam<Precision> {};

TEST_P(OnThreads, ProductsDoNotDisturbOneAnother) {
  const std::vector<float> weights = random_numbers(kOut * kIn, 1);
  const PackedLinear linear = packed(GetParam(), weights);
  const std::vector<float> x = random_numbers(40 * kIn, 2);
  std::vector<std::vector<float>> expected(41);
  for (std::int64_t rows = 1; rows <= 40; ++rows) {
    expected[rows].resize(rows * kOut);
    linear.multiply(x.data(), rows, expected[rows].data(), false);
  }
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 60; ++round) {
        const std::int64_t rows = 1 + (round * 7 + t * 11) % 40;
        std::vector<float> y(rows * kOut);
        linear.multiply(x.data(), rows, y.data(), false);
        wrong += y != expected[rows];
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_P(OnThreads, WholePanelsMayBePackedAtOnce) {
  const std::vector<float> weights = random_numbers(kOut * kIn, 3);
  const PackedLinear expected = packed(GetParam(), weights);
  PackedLinear linear(kOut, kIn, GetParam(), true);
  for (float& value : linear.bias()) value = 0.25f;
  std::vector<std::jthread> threads;
  for (std::int64_t first = 0; first < kOut; first += kPanelColumns) {
    threads.emplace_back([&, first] {
      linear.pack_rows(first, std::min(kPanelColumns, kOut - first), &weights[first * kIn]);
    });
  }
  threads.clear();
  const std::vector<float> x = random_numbers(5 * kIn, 4);
  std::vector<float> a(5 * kOut), b(5 * kOut);
  linear.multiply(x.data(), 5, a.data(), false);
  expected.multiply(x.data(), 5, b.data(), false);
  EXPECT_EQ(a, b);
}

TEST_P(OnThreads, MovesKeepTheWeights) {
  const std::vector<float> weights = random_numbers(kOut * kIn, 5);
  PackedLinear first = packed(GetParam(), weights);
  const std::vector<float> x = random_numbers(kIn, 6);
  std::vector<float> before(kOut), after(kOut);
  first.multiply(x.data(), 1, before.data(), false);
  PackedLinear second;
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(second.byte_size(), 0);
  second = std::move(first);
  second.multiply(x.data(), 1, after.data(), false);
  EXPECT_EQ(before, after);
  EXPECT_GE(second.byte_size(), kOut * kIn * (GetParam() == Precision::f32 ? 4 : 2));
}

INSTANTIATE_TEST_SUITE_P(Precisions, OnThreads, testing::Values(Precision::f32, Precision::bf16),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace headlens
