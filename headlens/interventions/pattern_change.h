#pragma once

#include "headlens/interventions/site_grid.h"
#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/site_gradients.h"

namespace headlens {

/// What another query or key does to a metric through the pattern: the changed pattern is computed
/// exactly, and the metric is taken to be straight in it (AtP*, Kramar et al. 2024, section 4.1).
class PatternChange {
 public:
  /// @param gradients  hold those of the layer's pattern
  /// @param source     q or k of the source run as the scores are made of it (rotated where the
  ///                   model rotates), [pos, width]
  PatternChange(const BlockSpec& spec, int layer, const SequenceTape& tape,
                const SiteGradients& gradients, const Tensor& source);

  /// @param position  -1: queries at every position are replaced together
  double of_query(std::int64_t head, std::int64_t position) const;
  /// @param kv_head  all queries that read it are counted
  double of_key(std::int64_t kv_head, std::int64_t position) const;

 private:
  /// The change of one query's row of a head. Of keys, those at `position` or all are the source's.
  double of_row(std::int64_t head, std::int64_t query, const float* q, bool source_keys,
                std::int64_t position) const;
  const float* own(SiteKind plain, SiteKind rotated, std::int64_t position, std::int64_t head,
                   std::int64_t n_heads) const;
  const float* own_query(std::int64_t head, std::int64_t position) const;

  const BlockSpec& spec_;
  int layer_;
  const SequenceTape& tape_;
  const SiteGradients& gradients_;
  const Tensor& source_;
};

}  // namespace headlens
