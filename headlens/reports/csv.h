#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headlens/results/attribution_result.h"
#include "headlens/results/circuit_result.h"
#include "headlens/results/lens_result.h"
#include "headlens/results/run_result.h"
#include "headlens/results/study_result.h"

namespace headlens {

/// One record after RFC 4180: fields with commas, quotes or line breaks are quoted; ends in CRLF.
std::string csv_record(const std::vector<std::string>& fields);

/// Columns: layer, position, token, rank, predicted_id, predicted_token, probability. Ranks start
/// at
/// 1. Tokens are written as they are, with U+FFFD for broken UTF-8.
std::string lens_csv(const LensResult& result);

/// Columns: position, rank, predicted_id, predicted_token, probability, logit.
std::string run_csv(const RunResult& result);

/// Columns: the grid's axes, value (the metric after the edit), change (from the run left alone).
std::string ablation_csv(const AblationResult& result);

/// Columns: the grid's axes, value, normalized (0: corrupt, 1: clean).
std::string patch_csv(const PatchResult& result);

/// Columns: the grid's axes, estimate (of the change of the metric).
std::string attribution_csv(const AttributionResult& result);

/// Columns: sender, receiver, estimate, value, change; empty where unknown.
std::string edges_csv(const PathResult& result);

/// Columns: the grid's axes, mean, low, high, cohen_d, p, p_holm, p_bh.
std::string study_csv(const StudyResult& result);

/// Columns: parts, share, live_edges, metric, faithfulness, low, high, of the curve and then of the
/// circuit.
std::string circuit_csv(const CircuitResult& result);

}  // namespace headlens
