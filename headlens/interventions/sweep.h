#pragma once

#include <memory>
#include <span>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/interventions/chunk_runner.h"
#include "headlens/interventions/sweep_plan.h"
#include "headlens/interventions/variant.h"
#include "headlens/results/provenance.h"
#include "headlens/run/session.h"

namespace headlens {

/// How a sweep multiplies.
enum class SweepProducts : std::uint8_t {
  exact,        ///< in the session's precision
  bf16_deltas,  ///< what differs from the f32 base run in bf16: faster, nearly exact
};

struct SweepOptions {
  SweepProducts products = SweepProducts::exact;
  /// Besides the weights: that variants which run together take at most, and base runs of many
  /// prompts at most half of.
  std::int64_t memory_bytes = std::int64_t{1} << 30;
  ProgressCallback progress = {};
};

/// The session's provenance, of numbers that a sweep computed so.
Provenance sweep_provenance(const Session& session, const SweepOptions& options);

/// Computes metrics of many variants of recorded runs. A variant costs nothing before the layer
/// and, in causal models, before the position where it departs from its base run; many run together
/// as tall batches. The answer is that of one run a variant, to rounding (f32: 1e-5 relative; see
/// DeltaProducts for bf16_deltas).
class Sweep {
 public:
  /// Loads all weights.
  /// @throws UnsupportedError  if the model has no vocabulary head
  /// @throws UsageError        if bf16 deltas are asked for on a base run that is not f32
  Sweep(Session& session, Metric metric, const SweepOptions& options = {})
      : Sweep(session, std::vector{metric}, options) {}
  /// Several metrics, all read from the same runs.
  Sweep(Session& session, std::vector<Metric> metrics, const SweepOptions& options = {});
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  const Readout& readout() const { return readout_; }

  /// Neighbours among sequences whose base runs together take no more than half of the memory, at
  /// least one unit each.
  /// @param unit  sequences that stay together
  std::vector<Range> groups(const std::vector<TokenSequence>& sequences, std::int64_t unit) const;

  /// Runs sequences once and keeps what this sweep's variants share with them.
  std::vector<std::unique_ptr<BaseRun>> record(const std::vector<TokenSequence>& sequences);

  /// @param variants  of runs that record() made
  /// @return  [variant, metric]
  /// @throws UsageError, ShapeError  as check_variants() and check_question()
  /// @throws ResourceError   if the memory does not suffice for one variant a thread
  /// @throws CancelledError  between blocks, if cancellation was requested
  std::vector<double> run(std::span<const Variant> variants);

 private:
  void read_unmoved(const SweepPlan& plan, std::span<const Variant> variants,
                    std::vector<double>& values) const;

  Session& session_;
  Readout readout_;
  SweepOptions options_;
  ChunkRunner runner_;
};

}  // namespace headlens
