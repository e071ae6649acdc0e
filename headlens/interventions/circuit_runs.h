#pragma once

#include <memory>
#include <span>
#include <vector>

#include "headlens/interventions/chunk_runner.h"
#include "headlens/interventions/circuit_graph.h"
#include "headlens/interventions/head_writers.h"
#include "headlens/interventions/patching.h"

namespace headlens {

/// What runs that keep only circuits answer, beside the whole model.
struct CircuitMetrics {
  std::vector<double> clean, corrupt;         ///< [pair]
  std::vector<std::vector<double>> circuits;  ///< [circuit][pair]

  /// Adds other pairs of the same circuits.
  void append(const CircuitMetrics& more);
  /// All numbers in a row: clean, corrupt, every circuit.
  std::vector<double> flat() const;
  static CircuitMetrics from_flat(const std::vector<double>& numbers, std::size_t n_pairs);
};

/// The metric of runs on clean prompts in which every edge outside a circuit carries what the
/// corrupt run sends through it (Conmy et al. 2023; Hanna et al. 2024), and the kept ones what this
/// run sends. A circuit of all edges gives the clean run, one of none the corrupt run. Exact.
class CircuitRunner {
 public:
  /// @throws UnsupportedError  if the model has no vocabulary head
  CircuitRunner(Session& session, const CircuitGraph& graph, Metric metric,
                const SweepOptions& options);
  CircuitRunner(const CircuitRunner&) = delete;
  CircuitRunner& operator=(const CircuitRunner&) = delete;

  /// Pairs whose base runs take half of the memory are run together.
  /// @throws ResourceError   if the memory does not suffice for one run a thread
  /// @throws CancelledError  between blocks, if cancellation was requested
  CircuitMetrics run(std::span<AskedPair> pairs, std::span<const Circuit> circuits);

 private:
  std::vector<Range> groups(std::span<const AskedPair> pairs) const;
  CircuitMetrics run_together(std::span<AskedPair> pairs, std::span<const Circuit> circuits);
  void record(std::span<const AskedPair> pairs);
  std::unique_ptr<BlockProducts> products_of(const Chunk& chunk, std::span<const Circuit> circuits,
                                             std::size_t n_pairs) const;

  Session& session_;
  const CircuitGraph& graph_;
  std::int64_t memory_bytes_;
  Readout readout_;
  ChunkRunner runner_;
  HeadWriters writers_;
  std::vector<std::unique_ptr<BaseRun>> clean_, corrupt_;
};

}  // namespace headlens
