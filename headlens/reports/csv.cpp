#include "headlens/reports/csv.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "headlens/reports/lens_access.h"
#include "headlens/results/utf8.h"

namespace headlens {
namespace {

/// Digits that tell any two floats apart; nothing where there is no number.
std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.9g}", value) : "";
}

std::string quoted(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string text = "\"";
  for (const char c : field) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

/// One record a place: its indices on every axis, then what `columns` says of the place.
template <typename Columns>
std::string grid_csv(const std::vector<GridAxis>& axes, const std::vector<std::string>& titles,
                     const Columns& columns) {
  std::vector<std::string> header;
  std::size_t count = 1;
  for (const GridAxis& axis : axes) {
    header.push_back(axis.name);
    count *= axis.indices.size();
  }
  header.insert(header.end(), titles.begin(), titles.end());
  std::string csv = csv_record(header);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> fields(axes.size());
    std::size_t rest = i;
    for (std::size_t a = axes.size(); a-- > 0; rest /= axes[a].indices.size()) {
      fields[a] = std::to_string(axes[a].indices[rest % axes[a].indices.size()]);
    }
    for (const double value : columns(i)) fields.push_back(number(value));
    csv += csv_record(fields);
  }
  return csv;
}

}  // namespace

std::string csv_record(const std::vector<std::string>& fields) {
  std::string record;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) record += ',';
    record += quoted(replace_invalid_utf8(fields[i]));
  }
  return record + "\r\n";
}

std::string lens_csv(const LensResult& result) {
  check_lens(result);
  std::string csv = csv_record(
      {"layer", "position", "token", "rank", "predicted_id", "predicted_token", "probability"});
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    for (std::size_t p = 0; p < result.positions.size(); ++p) {
      const int position = result.positions[p];
      const std::vector<Prediction>& top = result.cells_LP[l][p].top;
      for (std::size_t rank = 0; rank < top.size(); ++rank) {
        csv += csv_record({std::to_string(result.layers[l]), std::to_string(position),
                           result.prompt.tokens[position].text, std::to_string(rank + 1),
                           std::to_string(top[rank].id), top[rank].token,
                           number(top[rank].probability)});
      }
    }
  }
  return csv;
}

std::string run_csv(const RunResult& result) {
  std::string csv =
      csv_record({"position", "rank", "predicted_id", "predicted_token", "probability", "logit"});
  for (std::size_t rank = 0; rank < result.top.size(); ++rank) {
    const Prediction& prediction = result.top[rank];
    csv += csv_record({std::to_string(result.position), std::to_string(rank + 1),
                       std::to_string(prediction.id), prediction.token,
                       number(prediction.probability), number(prediction.logit)});
  }
  return csv;
}

std::string ablation_csv(const AblationResult& result) {
  return grid_csv(result.grid.axes, {"value", "change"}, [&](std::size_t i) {
    return std::array{result.grid.values[i], result.grid.values[i] - result.base};
  });
}

std::string patch_csv(const PatchResult& result) {
  return grid_csv(result.grid.axes, {"value", "normalized"}, [&](std::size_t i) {
    return std::array{result.grid.values[i], result.normalized(result.grid.values[i])};
  });
}

std::string attribution_csv(const AttributionResult& result) {
  return grid_csv(result.estimates.axes, {"estimate"},
                  [&](std::size_t i) { return std::array{result.estimates.values[i]}; });
}

std::string edges_csv(const PathResult& result) {
  const auto field = [](const std::optional<double>& value, double minus) {
    return value ? number(*value - minus) : std::string();
  };
  std::string csv = csv_record({"sender", "receiver", "estimate", "value", "change"});
  for (const EdgeEffect& edge : result.edges) {
    csv += csv_record({edge.sender, edge.receiver, field(edge.estimate, 0), field(edge.value, 0),
                       field(edge.value, result.edited_metric())});
  }
  return csv;
}

std::string study_csv(const StudyResult& result) {
  return grid_csv(result.axes, {"mean", "low", "high", "cohen_d", "p", "p_holm", "p_bh"},
                  [&](std::size_t i) {
                    const PlaceEffect& place = result.places[i];
                    return std::array{place.mean, place.low,    place.high, place.cohen_d,
                                      place.p,    place.p_holm, place.p_bh};
                  });
}

std::string circuit_csv(const CircuitResult& result) {
  std::string csv =
      csv_record({"parts", "share", "live_edges", "metric", "faithfulness", "low", "high"});
  const auto add = [&](const CircuitPoint& point) {
    csv += csv_record({std::to_string(point.parts), number(point.share),
                       std::to_string(point.live_edges), number(point.metric),
                       number(point.faithfulness), number(point.low), number(point.high)});
  };
  for (const CircuitPoint& point : result.curve) add(point);
  add(result.circuit);
  return csv;
}

}  // namespace headlens
