#include "headlens/learn/standardizer.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct Standard : testing::Test {
  Standard() {
    const auto rows = golden["rows"].get<std::int64_t>();
    x = Tensor({rows, all.size(1)});
    std::copy_n(all.data(), x.element_count(), x.data());
    for (const auto& [column, value] : golden["constant"].items()) {
      for (std::int64_t i = 0; i < rows; ++i) x.data()[i * x.size(1) + std::stoi(column)] = value;
    }
  }

  const nlohmann::json& golden = learn_golden()["standardizer"];
  Tensor all = learn_array("hostile"), x;
};

TEST_F(Standard, IsScikitLearns) {
  const Standardizer found = Standardizer::fit(matrix(x));
  expect_near_all(found.mean, golden["mean"], 1e-7);
  expect_near_all(found.deviation, golden["scale"], 1e-7);
  const Tensor transformed = found.transform(matrix(x));
  for (std::int64_t j = 0; j < x.size(1); ++j) {
    EXPECT_NEAR(transformed.data()[j], golden["first_row"][j], 1e-6) << j;
  }
}

TEST_F(Standard, LooksAtTrainingRowsAlone) {
  std::vector<float> weights(all.size(0), 0.0f);
  std::fill_n(weights.begin(), x.size(0), 1.0f);
  Tensor padded = all.clone();
  std::copy_n(x.data(), x.element_count(), padded.data());
  const Standardizer found = Standardizer::fit(matrix(padded), weights);
  EXPECT_EQ(found.mean, Standardizer::fit(matrix(x)).mean);
  EXPECT_EQ(found.deviation, Standardizer::fit(matrix(x)).deviation);
}

TEST_F(Standard, RefusesWhatDoesNotFit) {
  const Standardizer found = Standardizer::fit(matrix(x));
  const Tensor narrow = Tensor::zeros({2, 3});
  EXPECT_THROW(found.transform(matrix(narrow)), ShapeError);
  const std::vector<float> none(x.size(0), 0.0f);
  EXPECT_THROW(Standardizer::fit(matrix(x), none), UsageError);
  EXPECT_THROW(Standardizer::fit(matrix(x), std::span(none).first(2)), ShapeError);
}

}  // namespace
}  // namespace headlens
