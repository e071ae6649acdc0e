#pragma once

#include "headlens/hooks/site.h"
#include "headlens/models/row_batch.h"

namespace headlens {

/// Edits of single rows, made in place as the forward pass reaches their site. Unlike hooks they
/// see no padded tensor and nothing waits for them, so that every row of a batch may have its own.
class RowEdits {
 public:
  virtual ~RowEdits() = default;

  virtual bool has(Site site) const = 0;
  virtual bool has(SiteKind kind) const = 0;

  /// @param first   the site's values of row 0 of the batch
  /// @param stride  floats from row to row
  virtual void apply(Site site, const RowBatch& batch, Range rows, float* first,
                     std::int64_t stride) const = 0;

  /// The same for scores or patterns.
  /// @param queries  positions of one sequence
  /// @param first    the first query's row, over all keys from position 0 on
  virtual void apply_to_pattern(Site site, std::int64_t sequence, std::int64_t head, Range queries,
                                float* first, std::int64_t stride) const = 0;
};

}  // namespace headlens
