#include "headlens/interventions/step_log.h"

#include <limits>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

std::vector<double> from_line(const nlohmann::json& line) {
  std::vector<double> numbers;
  for (const auto& number : line.get_ref<const nlohmann::json::array_t&>()) {
    numbers.push_back(number.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                       : number.get<double>());
  }
  return numbers;
}

}  // namespace

StepLog::StepLog(const std::filesystem::path& path, const nlohmann::ordered_json& work)
    : path_(path) {
  if (!path.empty()) log_.emplace(path, work.dump());
}

std::vector<double> StepLog::step(const std::function<std::vector<double>()>& compute) {
  check_cancellation();
  if (!log_) return compute();
  if (done_ < log_->lines().size()) {
    try {
      return from_line(parse_json(log_->lines()[done_++], path_));
    } catch (const nlohmann::json::exception&) {
      throw FormatError(path_, "has a line that is no list of numbers; remove the file");
    }
  }
  std::vector<double> numbers = compute();
  log_->append(nlohmann::json(numbers).dump());
  return numbers;
}

}  // namespace headlens
