#include "headlens/interventions/step_log.h"

#include <fmt/format.h>

#include <iterator>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {

StepLog::StepLog(const std::filesystem::path& path, const nlohmann::ordered_json& work)
    : path_(path) {
  if (!path.empty()) log_.emplace(path, work.dump());
}

std::vector<double> StepLog::step(const std::function<std::vector<double>()>& compute) {
  check_cancellation();
  if (!log_) return compute();
  if (done_ < log_->lines().size()) {
    try {
      return parse_json(log_->lines()[done_++], path_).get<std::vector<double>>();
    } catch (const nlohmann::json::exception&) {
      throw FormatError(path_, "has a line that is no list of numbers; remove the file");
    }
  }
  std::vector<double> numbers = compute();
  std::string line = "[";
  for (const double number : numbers) {
    fmt::format_to(std::back_inserter(line), "{}{}", line.size() > 1 ? "," : "", number);
  }
  log_->append(line + "]");
  return numbers;
}

}  // namespace headlens
