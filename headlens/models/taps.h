#pragma once

#include <map>

#include "headlens/base/team.h"
#include "headlens/hooks/activation_cache.h"
#include "headlens/hooks/hook_set.h"
#include "headlens/models/model_spec.h"
#include "headlens/models/row_batch.h"
#include "headlens/models/row_edits.h"

namespace headlens {

/// Whether models of this spec have the site.
bool has_site(Site site, const ModelSpec& spec);

/// Shape of a site's tensor for a whole batch.
Shape site_shape(Site site, const ModelSpec& spec, const RowBatch& batch);

/// A HookSet compiled for one run: which sites are listened to, and the tensors they are copied to.
/// A site that nobody reads or edits costs one table look-up.
class Taps {
 public:
  /// @param batch  the whole batch, whose shape the sites' tensors have
  /// @param cache  receives the cached sites' tensors; null if the set caches nothing
  /// @throws UsageError  if the model has no such site
  Taps(const HookSet& hooks, const ModelSpec& spec, const RowBatch& batch, ActivationCache* cache);

  /// Row edits alone; they must outlive the taps.
  Taps(const RowEdits& edits, const ModelSpec& spec);

  bool is_heard(Site site) const {
    return row_edits_ != nullptr ? row_edits_->has(site) : find(site) != nullptr;
  }
  bool is_edited(Site site) const;
  /// Whether any layer's site of this kind is heard.
  bool hears(SiteKind kind) const;
  /// Whether hooks edit, which needs the values of all rows at once.
  bool has_edits() const { return has_edits_; }
  /// Null if there are none.
  const RowEdits* row_edits() const { return row_edits_; }
  /// Blocks [0, n) must run to reach every site that is heard.
  int blocks_needed() const { return blocks_needed_; }
  /// Marks the rows that are kept of any site after attention in the last of `n_blocks` blocks.
  void mark_late_rows(int n_blocks, const RowBatch& batch, std::vector<bool>& marks) const;

  /// Tells of rows of a site whose values lie row by row in one buffer. Copies them to the cache,
  /// or, if the site is edited, waits for all lanes and lets the hooks change the whole buffer.
  /// @param first  the values of row 0 of the batch
  /// @param stride  floats from row to row
  /// @param batch  the batch, or the part of it, that the rows are of
  void rows(Site site, Lane& lane, const RowBatch& batch, Range rows, float* first,
            std::int64_t stride) const;

  /// The cache tensor of a [batch, head, query, key] site; null if it is not cached.
  float* pattern_target(Site site) const;
  /// Runs the hooks of a site on the whole tensor. Called by one lane.
  void edit(Site site, Tensor& value) const;

 private:
  struct Tap {
    SiteMemory target;
    const std::vector<Hook>* hooks = nullptr;
    std::int64_t width = 0;
  };

  const Tap* find(Site site) const;
  void edit_rows(Site site, const Tap& tap, const RowBatch& batch, float* first,
                 std::int64_t stride) const;

  std::map<Site, Tap> taps_;
  std::vector<std::vector<const Tap*>> table_;  ///< [layer + 1][kind]
  std::map<Site, Shape> shapes_;
  const RowEdits* row_edits_ = nullptr;
  bool has_edits_ = false;
  int blocks_needed_ = 0;
};

}  // namespace headlens
