#pragma once

#include "headlens/hooks/activation_cache.h"
#include "headlens/hooks/site.h"

namespace headlens {

/// What a backward pass reads of its forward pass: one sequence's part of a run's cache, which must
/// outlive it.
class SequenceTape {
 public:
  /// @param sequence  index on the cache's batch axis; sequences are padded on the right
  SequenceTape(const ActivationCache& cache, std::int64_t sequence, std::int64_t length)
      : cache_(cache), sequence_(sequence), length_(length) {}

  std::int64_t length() const { return length_; }

  /// The site's row of position 0; rows follow one another.
  /// @throws UsageError  if the run did not cache the site
  const float* rows(Site site) const {
    const Tensor& whole = cache_.at(site);
    return whole.data() + sequence_ * (whole.element_count() / whole.size(0));
  }
  /// Scores or pattern of one head, [query, key].
  const float* head(Site site, std::int64_t head) const {
    const Tensor& whole = cache_.at(site);
    return rows(site) + head * whole.size(2) * whole.size(3);
  }
  /// From one query's scores or pattern to the next one's.
  std::int64_t query_stride(Site site) const { return cache_.at(site).size(3); }

 private:
  const ActivationCache& cache_;
  std::int64_t sequence_, length_;
};

}  // namespace headlens
