#pragma once

#include <string>

#include "headlens/results/attribution_result.h"
#include "headlens/results/circuit_result.h"
#include "headlens/results/steer_result.h"
#include "headlens/results/study_result.h"

namespace headlens {

/// "P( Paris)" and the like, with the tokens themselves.
std::string metric_name(const SweepQuestion& question);

/// Of aligned prompts, which tokens that differ are partners and which have none, as lines; else
/// empty.
std::string alignment_text(const PatchResult& result);

/// What was measured, the metric with and without the ablation, and the `most` places whose
/// ablation changes it most.
std::string ablation_table(const AblationResult& result, int width, int most = 10);

/// The metric of both runs, and the `most` places whose patch moves it furthest.
std::string patch_table(const PatchResult& result, int width, int most = 10);

/// How many prompts, what they answer, how many places count after correction, and the `most`
/// places of smallest corrected p-value, largest effect first among equals.
std::string study_table(const StudyResult& result, int width, int most = 10);

/// The metric of both runs, and the `most` edges whose patch moves it furthest.
std::string path_table(const PathResult& result, int width, int most = 10);

/// How estimates compare with exact patches where both are known, and nothing else: an estimate is
/// not an effect.
std::string attribution_table(const AttributionResult& result, int width);
std::string edge_attribution_table(const EdgeAttributionResult& result, int width, int most = 20);

/// How faithful growing circuits are, and the `most` first parts of the one that was chosen.
std::string circuit_table(const CircuitResult& result, int width, int most = 20);

/// What is predicted and written with and without the vector.
std::string steer_table(const SteerResult& result, int width);

}  // namespace headlens
