#include "headlens/probing/structural_log.h"

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;

Json json_or_null(const std::optional<StructuralOutcome>& outcome) {
  return outcome ? to_json(*outcome) : Json();
}

std::optional<StructuralOutcome> outcome_of(const nlohmann::json& json, const char* target,
                                            const std::string& place) {
  if (!json.contains(target) || json[target].is_null()) return std::nullopt;
  return outcome_from_json(json[target], place);
}

}  // namespace

StructuralLog::StructuralLog(const std::filesystem::path& path, const Json& work) {
  if (path.empty()) return;
  log_.emplace(path, work.dump());
  for (const std::string& line : log_->lines()) read(line, path.string());
}

void StructuralLog::read(const std::string& line, const std::string& place) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("layer") || !json["layer"].is_number_integer()) {
    throw FormatError(place, "has a line that is no outcome; remove the file to begin again");
  }
  done_[json["layer"].get<int>()] = {outcome_of(json, "distance", place),
                                     outcome_of(json, "depth", place)};
}

const LayerOutcomes* StructuralLog::find(int hidden_state) const {
  const auto found = done_.find(hidden_state);
  return found == done_.end() ? nullptr : &found->second;
}

void StructuralLog::add(int hidden_state, LayerOutcomes outcomes) {
  const std::scoped_lock lock(mutex_);
  if (log_) {
    log_->append(Json{{"layer", hidden_state},
                      {"distance", json_or_null(outcomes.distance)},
                      {"depth", json_or_null(outcomes.depth)}}
                     .dump());
  }
  done_[hidden_state] = std::move(outcomes);
}

}  // namespace headlens
