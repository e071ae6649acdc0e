#include "headlens/probing/control_task.h"

#include <algorithm>
#include <random>

#include "headlens/base/errors.h"

namespace headlens {

ProbeTarget control_task(const ProbeTask& task, std::span<const std::int64_t> rows,
                         std::uint64_t seed) {
  if (rows.empty()) throw UsageError("a control task needs rows whose labels it draws from");
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> source(std::size_t{1} + std::ranges::max(task.types));
  for (std::int64_t& row : source) row = rows[random() % rows.size()];
  ProbeTarget control{.seed = seed};
  for (const std::int32_t type : task.types) {
    if (task.target.is_real()) {
      control.values.push_back(task.target.values[source[type]]);
    } else {
      control.labels.push_back(task.target.labels[source[type]]);
    }
  }
  return control;
}

}  // namespace headlens
