#include "headlens/interventions/chunk_runner.h"

#include <algorithm>
#include <mutex>

namespace headlens {

Model& loaded_model(Session& session, const ProgressCallback& progress) {
  Model& model = session.model();
  model.load_blocks(session.spec().n_layers(), progress);
  model.load_head(progress);
  return model;
}

ChunkRunner::ChunkRunner(const Model& model, const Readout& readout, ProgressCallback progress)
    : model_(model), readout_(readout), progress_(std::move(progress)) {}

void ChunkRunner::run(const std::vector<Chunk>& chunks, const ProductsOfChunk& products,
                      std::span<double> values) {
  const int threads = thread_count();
  workspaces_.resize(threads);
  std::uint64_t total = 0, done = 0;
  for (const Chunk& chunk : chunks) total += chunk.size();
  std::mutex reporting;
  run_team(threads, [&](Lane& team) {
    team.for_each_dynamic(std::ssize(chunks), [&](std::ptrdiff_t i) {
      const Chunk& chunk = chunks[i];
      const std::unique_ptr<BlockProducts> own = products(chunk);
      VariantForward forward(model_, workspaces_[team.index()], own.get());
      std::vector<const Question*> questions;
      for (const PlannedVariant& planned : chunk) questions.push_back(planned.variant->question);
      const std::size_t n = readout_.metrics().size();
      std::vector<double> metrics(chunk.size() * n);
      readout_.read(questions, forward.run(chunk), metrics);
      for (std::size_t v = 0; v < chunk.size(); ++v) {
        std::copy_n(metrics.data() + v * n, n, values.data() + chunk[v].index * n);
      }
      if (!progress_) return;
      const std::scoped_lock lock(reporting);
      progress_({"running variants", done += chunk.size(), total, "variants"});
    });
  });
}

}  // namespace headlens
