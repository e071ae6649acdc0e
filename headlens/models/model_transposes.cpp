#include "headlens/models/model_transposes.h"

#include "headlens/base/cancellation.h"
#include "headlens/base/team.h"

namespace headlens {

ModelTransposes::ModelTransposes(const Model& model) {
  const int n_layers = model.spec().n_layers();
  const HeadWeights& head = model.head();
  blocks.resize(n_layers);
  parallel_for(n_layers + 1, [&](std::ptrdiff_t i) {
    check_cancellation();
    if (i > 0) {
      blocks[i - 1] = BlockTransposes(model.block(static_cast<int>(i) - 1));
      return;
    }
    if (!head.unembedding.empty()) unembedding = head.unembedding.transposed();
    if (!head.prediction_dense.empty()) prediction_dense = head.prediction_dense.transposed();
  });
}

}  // namespace headlens
