#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/variant_forward.h"

namespace headlens {

/// Variants that run together, in the order in which they depart.
using Chunk = std::vector<PlannedVariant>;

struct SweepPlan {
  std::vector<Chunk> chunks;         ///< dearest first
  std::vector<std::size_t> unmoved;  ///< variants that no question can tell from their base run
};

/// Orders variants by layer and fills chunks with them: tall enough for full-speed products, small
/// enough to stay in cache and to keep every thread busy.
/// @param memory_bytes  that all threads' chunks may take together
/// @throws ResourceError  if not even one variant a thread fits
SweepPlan plan_sweep(std::span<const Variant> variants, const ModelSpec& spec, int threads,
                     std::int64_t memory_bytes);

/// Fills chunks with variants in the order in which they depart.
/// @param more_row_bytes  that each row of a chunk takes besides its forward pass
/// @throws ResourceError  as plan_sweep()
std::vector<Chunk> fill_chunks(const std::vector<PlannedVariant>& planned, const ModelSpec& spec,
                               int threads, std::int64_t memory_bytes,
                               std::int64_t more_row_bytes = 0);

/// Bytes of a thread's memory for a chunk.
std::int64_t chunk_bytes(const ModelSpec& spec, std::int64_t rows, std::int64_t variants,
                         std::int64_t longest);

}  // namespace headlens
