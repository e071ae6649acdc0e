#pragma once

#include <string>

#include "headlens/results/sweep_result.h"

namespace headlens {

/// What was measured, the metric with and without the ablation, and the `most` places whose
/// ablation changes it most.
std::string ablation_table(const AblationResult& result, int width, int most = 10);

/// The metric of both runs, and the `most` places whose patch moves it furthest.
std::string patch_table(const PatchResult& result, int width, int most = 10);

}  // namespace headlens
