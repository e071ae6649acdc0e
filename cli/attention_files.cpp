#include "cli/attention_files.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "headlens/formats/npy.h"
#include "headlens/formats/safetensors.h"

namespace headlens::cli {

std::vector<std::string> write_attention_arrays(const std::filesystem::path& folder,
                                                const AttentionResult& result) {
  const Tensor& pattern = result.pattern_LHQK;
  write_npy(folder / "attention.npy", pattern);
  const std::vector<NamedTensor> tensors{{"attention", pattern.shape(), pattern.values()}};
  write_safetensors(folder / "attention.safetensors", tensors,
                    {{"axes", "layer,head,query,key"},
                     {"layers", fmt::format("{}", fmt::join(result.layers, ","))},
                     {"model_sha256", result.provenance.model_sha256},
                     {"prompt", result.prompt.text}});
  return {"attention.npy", "attention.safetensors"};
}

}  // namespace headlens::cli
