#pragma once

#include <vector>

#include "headlens/models/block/key_values.h"
#include "headlens/models/row_batch.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// A product's input and output, its bias left out, at every position of a run: [pos, width].
struct ProductBase {
  Tensor input, output;
};

/// What variants of a run share with it: a variant needs computing only from the layer and, in
/// causal models, from the position on where it departs. Before them it reads the base run's
/// states, keys and values, which are not copied.
struct BaseRun {
  struct Layer {
    Tensor resid_pre;      ///< [pos, d_model]
    Tensor z;              ///< [pos, head * d_head]
    KeyValues key_values;  ///< of every position
    /// By BlockProduct, where variants are computed as differences; else empty.
    std::vector<ProductBase> products = {};
  };

  TokenSequence tokens;
  std::vector<Layer> layers;
  Tensor last_state;  ///< after the last block, before the final norm [pos, d_model]

  std::int64_t length() const { return static_cast<std::int64_t>(tokens.ids.size()); }
};

}  // namespace headlens
