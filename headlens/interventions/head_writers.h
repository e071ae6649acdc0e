#pragma once

#include <vector>

#include "headlens/models/model.h"

namespace headlens {

/// W_O divided by heads: what each head alone writes into the residual stream, W_O^h z_h, without
/// the bias, which belongs to no head.
class HeadWriters {
 public:
  /// @pre all blocks are loaded
  explicit HeadWriters(const Model& model);

  /// d_head -> d_model
  const PackedLinear& at(int layer, int head) const { return writers_[layer][head]; }

 private:
  std::vector<std::vector<PackedLinear>> writers_;
};

}  // namespace headlens
