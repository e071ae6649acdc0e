#pragma once

#include <string>

#include "headlens/results/study_result.h"

namespace headlens {

/// "P( Paris)" and the like, with the tokens themselves.
std::string metric_name(const SweepQuestion& question);

/// What was measured, the metric with and without the ablation, and the `most` places whose
/// ablation changes it most.
std::string ablation_table(const AblationResult& result, int width, int most = 10);

/// The metric of both runs, and the `most` places whose patch moves it furthest.
std::string patch_table(const PatchResult& result, int width, int most = 10);

/// How many prompts, what they answer, how many places count after correction, and the `most`
/// places of smallest corrected p-value, largest effect first among equals.
std::string study_table(const StudyResult& result, int width, int most = 10);

}  // namespace headlens
