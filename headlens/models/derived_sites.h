#pragma once

#include <set>

#include "headlens/hooks/activation_cache.h"
#include "headlens/hooks/hook_set.h"
#include "headlens/models/model.h"
#include "headlens/models/row_batch.h"

namespace headlens {

/// The sites of a run that need no memory of their own, because other sites that the run stores
/// give them, bit for bit: a block's output is the next block's input; norms, rotations, scores,
/// patterns and the MLP's middle follow from what they read by a little work.
class DerivedSites {
 public:
  /// None if anything is edited: then a site need not be what its neighbours say.
  DerivedSites(const HookSet& hooks, const ModelSpec& spec);

  const std::set<Site>& sites() const { return sites_; }
  /// The hooks without the derived sites: what is left for the run to store.
  HookSet stored_hooks(const HookSet& hooks) const;

  /// Adds the derived sites to the cache of the finished run. They keep copies of all they read
  /// (batch, spec, small weights) and share the cache's tensors, but nothing of the model.
  /// @pre  the cache holds the stored sites, and the model's blocks are loaded as far as they ran
  void add_to(ActivationCache& cache, const Model& model, const RowBatch& batch) const;

 private:
  std::set<Site> sites_;
};

}  // namespace headlens
