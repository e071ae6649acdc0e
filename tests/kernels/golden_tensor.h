#pragma once

#include <random>
#include <string>
#include <vector>

namespace headlens {

/// A tensor of a file of tests/goldens/kernels, which tools/make_core_goldens.py writes.
std::vector<float> golden_tensor(const std::string& file, const std::string& name);

/// Normally distributed numbers.
std::vector<float> random_numbers(std::size_t count, unsigned seed, float spread = 1.0f);

}  // namespace headlens
