#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "headlens/learn/structural_probe.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What PyTorch, scipy, numpy and scikit-learn say (tools/make_structure_goldens.py).
const nlohmann::json& structure_golden();
Tensor structure_array(const std::string& name);

/// "training" or "validation": sentences with random trees, whose states know them a little.
struct GoldenTreebank {
  explicit GoldenTreebank(const std::string& name);
  TreebankStates view() const { return {states.view<2>(), begins, heads}; }
  TensorView<const float, 2> sentence(std::int64_t s) const;
  std::vector<std::int32_t> heads_of(std::int64_t s) const;

  Tensor states;
  std::vector<std::int64_t> begins = {0};
  std::vector<std::int32_t> heads;
};

}  // namespace headlens
