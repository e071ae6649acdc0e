#include "headlens/interventions/study_log.h"

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;

Json to_line(const RowEffects& row) {
  if (!row.dropped.empty()) return {{"line", row.line}, {"dropped", row.dropped}};
  Json axes = Json::array();
  for (const GridAxis& axis : row.grid.axes) axes.push_back({axis.name, axis.indices.size()});
  return {{"line", row.line},   {"edited", row.edited}, {"source", row.source},
          {"clean", row.clean}, {"axes", axes},         {"values", row.grid.values}};
}

RowEffects from_line(const std::string& text, const std::filesystem::path& path) {
  const nlohmann::json line = parse_json(text, path);
  RowEffects row{.line = static_cast<int>(require_integer(line, "line", path))};
  if (const auto dropped = optional_string(line, "dropped", path)) {
    row.dropped = *dropped;
    return row;
  }
  row.edited = require_number(line, "edited", path);
  row.source = require_number(line, "source", path);
  row.clean = require_number(line, "clean", path);
  std::size_t count = 1;
  for (const auto& entry : require_array(line, "axes", path)) {
    GridAxis axis{entry.at(0), {}};
    for (int i = 0; i < entry.at(1).get<int>(); ++i) axis.indices.push_back(i);
    count *= axis.indices.size();
    row.grid.axes.push_back(std::move(axis));
  }
  row.grid.values = require_array(line, "values", path).get<std::vector<double>>();
  if (row.grid.values.size() != count) throw FormatError(path, "has a row of another grid");
  return row;
}

}  // namespace

StudyLog::StudyLog(const std::filesystem::path& path, const Json& work) {
  if (path.empty()) return;
  log_.emplace(path, work.dump());
  for (const std::string& line : log_->lines()) {
    try {
      rows_.push_back(from_line(line, path));
    } catch (const nlohmann::json::exception&) {
      throw FormatError(path, "has a line that is no row of a study; remove the file");
    }
  }
}

void StudyLog::add(RowEffects row) {
  if (log_) log_->append(to_line(row).dump());
  rows_.push_back(std::move(row));
}

}  // namespace headlens
