#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/interventions/readout.h"
#include "headlens/interventions/sweep_plan.h"
#include "headlens/run/session.h"

namespace headlens {

/// The session's model with everything that variants run through.
Model& loaded_model(Session& session, const ProgressCallback& progress);

/// How a chunk's products are computed; null: by the model's weights.
using ProductsOfChunk = std::function<std::unique_ptr<BlockProducts>(const Chunk& chunk)>;

/// Runs chunks on every thread, each thread whole chunks, and reads their variants' metrics.
class ChunkRunner {
 public:
  /// @param readout  must outlive it
  ChunkRunner(const Model& model, const Readout& readout, ProgressCallback progress);

  /// @param products  called on several threads
  /// @param values    [variant, metric], variants by PlannedVariant::index
  /// @throws CancelledError  between blocks, if cancellation was requested
  void run(const std::vector<Chunk>& chunks, const ProductsOfChunk& products,
           std::span<double> values);

 private:
  const Model& model_;
  const Readout& readout_;
  ProgressCallback progress_;
  std::vector<Workspace> workspaces_;
};

}  // namespace headlens
