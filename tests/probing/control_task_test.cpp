#include "headlens/probing/control_task.h"

#include <gtest/gtest.h>

#include <map>

#include "headlens/base/errors.h"
#include "tests/probing/harvest_test_support.h"
#include "tests/probing/probing_golden.h"

namespace headlens {
namespace {

std::vector<std::int64_t> all_rows(const ProbeTask& task) {
  std::vector<std::int64_t> rows(task.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  return rows;
}

TEST(ControlTask, DrawsWhatAnotherGeneratorOfTheSameNumbersDraws) {
  const ProbeTask task = planted_task();
  EXPECT_EQ(control_task(task, all_rows(task), 5).labels,
            probing_golden()["classification"]["control_labels"].get<std::vector<std::int32_t>>());
}

TEST(ControlTask, OneLabelATypeOfTheEmpiricalDistribution) {
  ProbeTask task;
  for (std::int32_t i = 0; i < 20000; ++i) {
    task.types.push_back(i / 2);
    task.target.labels.push_back(i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2);
  }
  const ProbeTarget control = control_task(task, all_rows(task), 1);
  std::map<std::int32_t, int> counts;
  for (std::int32_t i = 0; i < 20000; i += 2) {
    EXPECT_EQ(control.labels[i], control.labels[i + 1]);
    ++counts[control.labels[i]];
  }
  EXPECT_NEAR(counts[0] / 1e4, 0.7, 0.02);
  EXPECT_NEAR(counts[1] / 1e4, 0.2, 0.02);
  EXPECT_NEAR(counts[2] / 1e4, 0.1, 0.02);
  EXPECT_EQ(control_task(task, all_rows(task), 1).labels, control.labels);
  EXPECT_NE(control_task(task, all_rows(task), 2).labels, control.labels);
}

TEST(ControlTask, DrawsFromTheGivenRowsAlone) {
  const ProbeTask task{.target = {.values = {1, 2, 3, 4}}, .types = {0, 1, 2, 1}, .groups = {}};
  const std::vector<std::int64_t> rows{2};
  EXPECT_EQ(control_task(task, rows, 0).values, std::vector<double>(4, 3.0));
  EXPECT_THAT([&] { control_task(task, {}, 0); }, refuses_with<UsageError>("needs rows"));
}

}  // namespace
}  // namespace headlens
