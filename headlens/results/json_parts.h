#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headlens/results/json.h"

namespace headlens {

/// Parts that the JSON forms of results share.

/// Null where the number is not finite.
Json number(double value);
Json numbers(const std::vector<double>& values);
/// With U+FFFD for what is not UTF-8.
Json text(std::string_view value);
Json texts(const std::vector<std::string>& values);
Json predictions(const std::vector<Prediction>& list);
/// What every result of one prompt begins with.
Json header(std::string_view schema, const Provenance& provenance, const PromptTokens& prompt);
/// Metric, answer, foil and read_positions.
void add_question(const SweepQuestion& question, Json& json);
/// [{line, reason}]
Json dropped_json(const std::vector<DroppedPrompt>& dropped);
Json axes_json(const std::vector<GridAxis>& list);
/// Arrays in arrays, one depth an axis.
/// @throws ShapeError  if the values disagree with the axes
Json nested(const EffectGrid& grid);

}  // namespace headlens
