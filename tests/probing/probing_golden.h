#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "headlens/probing/probe_target.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What scikit-learn and scipy say (tools/make_probe_goldens.py).
const nlohmann::json& probing_golden();

/// The planted set of the goldens.
Tensor planted_states();
/// Classes with sentences, or with documents, as groups.
ProbeTask planted_task(const std::string& groups = "sentences");
/// The same with real values.
ProbeTask planted_real_task();
/// Rounds of three folds: "row" (stratified), "sentence", "word-type".
std::vector<ProbeRound> planted_rounds(const std::string& group);

void expect_all_near(const std::vector<double>& found, const nlohmann::json& expected,
                     double tolerance);

}  // namespace headlens
