#pragma once

#include <vector>

#include "headlens/models/block/block_transposes.h"
#include "headlens/models/model.h"

namespace headlens {

/// All of a model's weights transposed, as its backward pass reads them: as much memory again as
/// the packed weights in float32.
struct ModelTransposes {
  std::vector<BlockTransposes> blocks;
  PackedLinear prediction_dense;  ///< empty where the model has none
  PackedLinear unembedding;       ///< empty where the model predicts no tokens

  ModelTransposes() = default;
  /// @pre the model's blocks and head are loaded
  explicit ModelTransposes(const Model& model);
};

}  // namespace headlens
