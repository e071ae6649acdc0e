#pragma once

#include <filesystem>
#include <functional>

#include "headlens/interventions/ablation.h"
#include "headlens/interventions/patching.h"
#include "headlens/interventions/prompt_set.h"
#include "headlens/results/study_result.h"

namespace headlens {

struct StudyOptions {
  /// Where each prompt's values are written as they come, and read when the study goes on; empty:
  /// nowhere.
  std::filesystem::path log = {};
  SpecialTokens special_tokens = SpecialTokens::add;
  double confidence = 0.95;
  int resamples = 10000;
  int flips = 100000;
  std::uint64_t seed = 0;
  ProgressCallback progress = {};
};

/// The same ablations for every prompt of a set, with their mean effects, bootstrap intervals,
/// sign-flip p-values corrected over the whole grid, and effect sizes. Rows that cannot be asked so
/// (an answer of several tokens where the metric takes one) are dropped and listed.
/// @throws UsageError  if every row is dropped, if grids of prompts differ, or if the log belongs
///                     to another study
StudyResult study_ablation(Session& session, const std::vector<PromptRow>& rows,
                           const AblationOptions& ablation, const StudyOptions& options);

/// The same for activation patching; rows need "corrupt", of as many tokens as "clean".
StudyResult study_patch(Session& session, const std::vector<PromptRow>& rows,
                        const PatchOptions& patching, const StudyOptions& options);

}  // namespace headlens
