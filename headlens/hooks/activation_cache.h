#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "headlens/hooks/lazy_tensor.h"
#include "headlens/hooks/site.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// The activations of one run, by site. Shapes are those in site.h; sequences shorter than the
/// longest are padded with zeros on the batch's padding side.
///
/// A site is stored, or the same tensor as another site's (a block's output is the next block's
/// input), or derived: recomputed, bit for bit, from stored sites when it is first asked for, and
/// then kept. All three read alike. The cache owns all that it needs, so it may outlive the session
/// it came from. The const functions may be called from several threads.
class ActivationCache {
 public:
  /// @return  stays valid until the site is erased or taken or, if derived, forgotten
  /// @throws UsageError  if the site was not asked for, or the model has no such site
  const Tensor& at(Site site) const;
  /// @param name  as "blocks.5.attn.hook_pattern"
  const Tensor& at(std::string_view name) const;
  bool contains(Site site) const { return entries_.contains(site); }
  /// False for sites that are not in the cache.
  bool is_derived(Site site) const;
  std::vector<Site> sites() const;
  /// Every site with its tensor; computes all derived ones. Pointers are valid as at()'s results.
  std::map<Site, const Tensor*> tensors() const;

  /// Of the stored tensors together, one that several sites share once.
  std::int64_t byte_size() const;
  /// Of the derived tensors that are held at present.
  std::int64_t derived_byte_size() const;
  /// Frees the derived tensors; they are computed again when next asked for.
  void forget_derived();

  Tensor& insert(Site site, Tensor tensor);
  /// @throws UsageError  if `of` is not in the cache
  void insert_alias(Site site, Site of);
  /// @param recipe  reads other sites by share()
  void insert_derived(Site site, LazyTensor::Recipe recipe);
  /// A site's entry, kept alive by its holder. @throws UsageError  as at()
  std::shared_ptr<const LazyTensor> share(Site site) const;

  /// Its memory is freed when no other site shares it or is derived from it.
  void erase(Site site) { entries_.erase(site); }
  /// Erases the site and gives its tensor: a copy if other sites share it or are derived from it.
  /// @throws UsageError  as at()
  Tensor take(Site site);

 private:
  std::int64_t held_bytes(bool derived) const;

  std::map<Site, std::shared_ptr<LazyTensor>> entries_;
};

}  // namespace headlens
