#include "headlens/learn/c_grid.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct CGrid : testing::Test {
  const nlohmann::json& golden = learn_golden()["c_grid"];
  Tensor x = learn_array("overlapping");
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["overlapping"]["labels"].get<std::vector<std::int32_t>>();
};

TEST_F(CGrid, IsScikitLearnsGridSearch) {
  const CGridResult found = choose_c(matrix(x), {.labels = labels}, stratified_folds(labels, 3),
                                     golden["c"], {.fit = {.tolerance = 1e-9}});
  EXPECT_EQ(found.c, golden["c"].get<std::vector<double>>());
  expect_near_all(found.means, golden["means"], 1e-9);
  EXPECT_EQ(found.best_c, golden["best"]);
  const LogisticFit alone = fit_logistic(matrix(x), {.labels = labels, .c = found.best_c});
  EXPECT_NEAR(found.fit.loss, alone.loss, 1e-6 * alone.loss);
}

TEST_F(CGrid, NeedsAC) {
  EXPECT_THROW(choose_c(matrix(x), {.labels = labels}, stratified_folds(labels, 3), {}),
               UsageError);
}

}  // namespace
}  // namespace headlens
