#include "tests/statistics/statistics_golden.h"

#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

const nlohmann::json& golden() {
  static const nlohmann::json json =
      read_json(HEADLENS_TEST_DATA "/goldens/statistics/statistics.json");
  return json;
}

}  // namespace

StatisticsGolden::StatisticsGolden() {
  for (const auto& row : golden().at("effects")) {
    for (const double value : row) values.push_back(value);
    ++n_units;
  }
  n_quantities = static_cast<std::int64_t>(values.size()) / n_units;
}

std::vector<double> StatisticsGolden::list(const std::string& name) const {
  std::vector<double> numbers;
  for (const auto& entry : golden().at(name)) {
    if (entry.is_array()) {
      for (const double number : entry) numbers.push_back(number);
    } else {
      numbers.push_back(entry);
    }
  }
  return numbers;
}

}  // namespace headlens
