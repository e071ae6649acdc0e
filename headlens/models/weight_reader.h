#pragma once

#include <functional>
#include <span>
#include <vector>

#include "headlens/formats/checkpoint.h"
#include "headlens/models/block/block_weights.h"
#include "headlens/models/tensor_names.h"

namespace headlens {

/// Work on one part of the weights that no other part waits for.
using PackingTask = std::function<void()>;

/// Finds tensors in a checkpoint, checks their shapes against what the config says, and plans their
/// decoding and packing. Borrows the checkpoint.
class WeightReader {
 public:
  WeightReader(const Checkpoint& checkpoint, Precision precision)
      : checkpoint_(checkpoint), precision_(precision) {}

  /// One layer of a product that reads one input: its place and how many outputs it has.
  struct Part {
    LinearName name;
    std::int64_t out_features;
  };

  /// Makes `target` a packed layer of several parts, one after another, and appends the tasks that
  /// fill it; `target` must not move until they have run.
  /// @throws FormatError  if a tensor is missing or its shape is not what the config says
  void plan_linear(const std::vector<Part>& parts, std::int64_t in_features, PackedLinear& target,
                   std::vector<PackingTask>& tasks) const;

  /// One vector, decoded.
  /// @param width  what the config says; FormatError if the tensor disagrees
  Tensor read_vector(const std::string& name, std::int64_t width) const;
  NormWeights read_norm(const NormName& name, std::int64_t width) const;

  /// @param rows  at least this many
  StoredTensor find_table(const std::string& name, std::int64_t rows, std::int64_t width) const;

 private:
  const StoredTensor& require(const std::string& name, const Shape& shape) const;

  const Checkpoint& checkpoint_;
  Precision precision_;
};

}  // namespace headlens
