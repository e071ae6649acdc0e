#include "headlens/probing/structural_probe_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "headlens/formats/safetensors.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

std::string structural_probe_file(StructuralTarget target, int hidden_state) {
  return fmt::format("{}-layer-{:02}.safetensors", to_string(target), hidden_state);
}

void save_structural_probe(const std::filesystem::path& path, const StructuralProbe& probe,
                           const std::optional<Standardizer>& standardizer) {
  const std::int64_t width = probe.n_columns(), rank = probe.rank();
  Tensor matrix({width, rank}), mean({width});
  std::ranges::copy(probe.matrix(), matrix.data());
  std::fill_n(mean.data(), width, 0.0f);
  for (std::int64_t i = 0; standardizer && i < width; ++i) {
    mean.data()[i] = static_cast<float>(standardizer->mean[i]);
    for (std::int64_t r = 0; r < rank; ++r) {
      float& weight = matrix.data()[i * rank + r];
      weight = static_cast<float>(weight / standardizer->deviation[i]);
    }
  }
  const NamedTensor tensors[] = {{"matrix", matrix.shape(), std::as_const(matrix).values()},
                                 {"mean", mean.shape(), std::as_const(mean).values()}};
  write_safetensors(path, tensors);
}

}  // namespace headlens
