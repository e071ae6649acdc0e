#pragma once

#include "headlens/interventions/circuit_parts.h"
#include "headlens/interventions/effect_study.h"
#include "headlens/results/circuit_result.h"

namespace headlens {

struct CircuitStudyOptions {
  Metric metric = Metric::logit_difference;
  CircuitKind kind = CircuitKind::edges;
  /// Names of the parts to keep; empty: they are ranked, and as few are kept as are faithful.
  std::vector<std::string> keep = {};
  int steps = 5;  ///< of integrated gradients, for ranking; 0: the gradient at the clean run
  double wanted_faithfulness = 0.85;
  int completeness_checks = 8;  ///< random halves that are taken from circuit and model
  int minimality_parts = 100;   ///< parts of largest score whose loss is measured
  int check_prompts = 64;       ///< that both checks run on, at most
  StudyOptions study = {};      ///< the log's file: circuit_steps.jsonl
  SweepOptions sweep = {};
};

/// Which part of a model explains what it answers, over a set of clean and corrupt prompts: parts
/// are ranked on every other prompt by EAP-IG (Hanna et al. 2024), and growing circuits of them are
/// judged exactly on the rest: faithfulness, MIB's two areas, and for the smallest circuit that is
/// faithful enough (chosen on the ranking prompts) completeness and minimality.
/// @throws UsageError  if too few rows are left, a name is no part, or the metric cannot be read
/// @throws UnsupportedError  for post-norm models
CircuitResult study_circuit(Session& session, const std::vector<PromptRow>& rows,
                            const CircuitStudyOptions& options);

}  // namespace headlens
