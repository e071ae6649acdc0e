#pragma once

#include "headlens/models/base_run.h"
#include "headlens/models/block/block_products.h"
#include "headlens/models/model.h"

namespace headlens {

/// Keeps every product's input and output of a run in its BaseRun::Layer::products. The batch must
/// be base runs' rows without edits.
class ProductRecorder : public BlockProducts {
 public:
  /// @param bases  those of the batch, writable
  ProductRecorder(const Model& model, std::vector<BaseRun*> bases);

  void multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk, const float* x,
                float* y, bool accumulate) override;

 private:
  const Model& model_;
  std::vector<BaseRun*> bases_;
};

/// Products of variants as the base run's products plus bf16 products of what differs:
///   W x = W x_base + b(W) b(x - x_base)
/// The base run is f32, so that only the difference is rounded. One thread's.
class DeltaProducts : public BlockProducts {
 public:
  /// @param rounded  the same model in bf16, with all blocks loaded
  explicit DeltaProducts(const Model& rounded) : rounded_(rounded) {}

  void multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk, const float* x,
                float* y, bool accumulate) override;

 private:
  const Model& rounded_;
  AlignedBuffer<float> differences_;
};

}  // namespace headlens
