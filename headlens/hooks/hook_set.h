#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "headlens/hooks/site.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Called with a site's whole activation (shape as in site.h); what it leaves there is what the
/// model goes on with. Called from one thread.
using Hook = std::function<void(Tensor& value)>;

/// Memory of a caller's that a site's activation is written to.
struct SiteMemory {
  float* values = nullptr;
  bool padded = true;  ///< as the site's tensor, else the sequences' rows one after another
  std::span<const std::int64_t> places =
      {};  ///< of each row, where rows have others than their own
};

/// What to read and what to edit during a run. A site that is in neither list costs nothing.
class HookSet {
 public:
  /// Keeps the site's activation (after edits) in the run's cache.
  void cache(Site site) { cached_.insert(site); }
  void cache(const std::vector<Site>& sites) { cached_.insert(sites.begin(), sites.end()); }
  /// Keeps the site's activation (after edits) in memory of the caller's, as many floats as the
  /// site's tensor has. Padding is not written, except at a pattern or scores that a hook edits.
  /// Of a site that is also cached, only this memory is written.
  void cache_into(Site site, float* memory) { cache_into(site, SiteMemory{memory}); }
  /// The same without padding, [tokens of all sequences, ...]: no row for a place without a token.
  /// Not for patterns and scores.
  /// @param places  where each row goes instead, none twice; negative: it is not kept. It must
  ///                outlive the run.
  void cache_rows_into(Site site, float* memory, std::span<const std::int64_t> places = {}) {
    cache_into(site, {memory, false, places});
  }
  void cache_into(Site site, SiteMemory memory) { targets_[site] = memory; }
  /// Calls the hook at the site; several hooks of one site run in the order they were added.
  void edit(Site site, Hook hook) { edits_[site].push_back(std::move(hook)); }

  const std::set<Site>& cached() const { return cached_; }
  const std::map<Site, SiteMemory>& targets() const { return targets_; }
  const std::map<Site, std::vector<Hook>>& edits() const { return edits_; }
  bool has_edits() const { return !edits_.empty(); }

 private:
  std::set<Site> cached_;
  std::map<Site, SiteMemory> targets_;
  std::map<Site, std::vector<Hook>> edits_;
};

}  // namespace headlens
