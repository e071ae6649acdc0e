#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headlens/hooks/site.h"
#include "headlens/interventions/metric.h"
#include "headlens/kernels/linear_eraser.h"
#include "headlens/models/base_run.h"
#include "headlens/models/model_spec.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What happens to an activation: new = keep * eraser(old) + gain * values. Zeroing keeps nothing
/// and adds nothing; a mean, a resampled or a patched value keeps nothing and adds it; steering
/// keeps all and adds a vector; scaling keeps a part; erasing keeps all of what the eraser leaves.
struct Edit {
  float keep = 0;
  float gain = 1;
  /// [pos, width] of the whole site, or [1, width] for every position; for scores and patterns
  /// [head, query, key]. Null: nothing is added.
  std::shared_ptr<const Tensor> values = {};
  /// As wide as what is edited: the site, or one head of it. Null: nothing is taken away. Not for
  /// scores and patterns.
  std::shared_ptr<const LinearEraser> eraser = {};
};

/// One edit at one site.
struct Intervention {
  Site site;
  int head = -1;                             ///< of sites that have heads; -1: all of them
  std::vector<std::int64_t> positions = {};  ///< of scores and patterns, queries; empty: all
  Edit edit = {};
  std::vector<std::int64_t> keys = {};  ///< of scores and patterns alone; empty: all
};

/// A run that differs from its base run by some edits, and what is asked of it. One without edits
/// is the base run.
struct Variant {
  const BaseRun* base = nullptr;
  const Question* question = nullptr;
  std::vector<Intervention> interventions = {};
};

/// Values that many variants share are looked through once.
/// @throws UsageError  if the model has no such site, or the site no such head, if a position or
///                     key is not in the run, if keys are named at a site that has none, if scores
///                     or patterns are erased, or if the edit's numbers are not finite (masked
///                     scores that replace scores may be)
/// @throws ShapeError  if the edit's values do not have the site's shape, or its eraser not the
///                     width of what is edited
void check_variants(std::span<const Variant> variants, const ModelSpec& spec);

bool site_has_heads(SiteKind kind);
/// Heads of a site; 1 where it has none.
std::int64_t site_heads(SiteKind kind, const BlockSpec& spec);
/// Numbers of a site in one row, all heads together. Not for scores and patterns.
std::int64_t site_width(SiteKind kind, const BlockSpec& spec);
bool is_pattern_site(SiteKind kind);

/// Where a variant leaves its base run.
struct Departure {
  int layer = 0;  ///< -1: at the embeddings; n_layers: after the last block
  std::int64_t position = 0;
  bool after_attention = false;  ///< of the layer: queries, keys, values and z are the base run's
};
Departure departure_of(const Variant& variant, const ModelSpec& spec);

}  // namespace headlens
