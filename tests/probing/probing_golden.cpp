#include "tests/probing/probing_golden.h"

#include <gtest/gtest.h>

#include "headlens/formats/json_file.h"
#include "headlens/formats/npy.h"

namespace headlens {
namespace {

template <typename T>
std::vector<T> column(const std::string& name) {
  return probing_golden()[name].get<std::vector<T>>();
}

}  // namespace

const nlohmann::json& probing_golden() {
  static const nlohmann::json json = read_json(HEADLENS_TEST_DATA "/goldens/probing/probing.json");
  return json;
}

Tensor planted_states() { return read_npy(HEADLENS_TEST_DATA "/goldens/probing/planted.npy"); }

ProbeTask planted_task(const std::string& groups) {
  return {.target = {.labels = column<std::int32_t>("labels")},
          .classes = {"a", "b", "c", "d"},
          .types = column<std::int32_t>("types"),
          .groups = column<std::int32_t>(groups)};
}

ProbeTask planted_real_task() {
  ProbeTask task = planted_task();
  task.target = {.values = column<double>("values")};
  task.classes.clear();
  return task;
}

std::vector<ProbeRound> planted_rounds(const std::string& group) {
  const ProbeTask task = planted_task();
  if (group == "row") return rounds_of(stratified_folds(task.target.labels, 3));
  return rounds_of(group_folds(group == "sentence" ? task.groups : task.types, 3));
}

void expect_all_near(const std::vector<double>& found, const nlohmann::json& expected,
                     double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i].get<double>(), tolerance) << i;
  }
}

}  // namespace headlens
