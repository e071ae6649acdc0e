#include "headlens/hooks/activation_cache.h"

#include <set>

#include "headlens/base/errors.h"

namespace headlens {

std::shared_ptr<const LazyTensor> ActivationCache::share(Site site) const {
  const auto found = entries_.find(site);
  if (found == entries_.end()) {
    throw UsageError(to_string(site) +
                     " is not in the cache; ask for it when running, or check "
                     "that this model has it");
  }
  return found->second;
}

const Tensor& ActivationCache::at(Site site) const { return share(site)->get(); }

const Tensor& ActivationCache::at(std::string_view name) const {
  const auto site = parse_site(name);
  if (!site) throw UsageError("no site is called " + std::string(name));
  return at(*site);
}

bool ActivationCache::is_derived(Site site) const {
  const auto found = entries_.find(site);
  return found != entries_.end() && found->second->is_derived();
}

std::vector<Site> ActivationCache::sites() const {
  std::vector<Site> sites;
  for (const auto& [site, entry] : entries_) sites.push_back(site);
  return sites;
}

std::map<Site, const Tensor*> ActivationCache::tensors() const {
  std::map<Site, const Tensor*> tensors;
  for (const auto& [site, entry] : entries_) tensors[site] = &entry->get();
  return tensors;
}

std::int64_t ActivationCache::held_bytes(bool derived) const {
  std::int64_t bytes = 0;
  std::set<const LazyTensor*> counted;
  for (const auto& [site, entry] : entries_) {
    if (entry->is_derived() != derived || !counted.insert(entry.get()).second) continue;
    bytes += entry->held_bytes();
  }
  return bytes;
}

std::int64_t ActivationCache::byte_size() const { return held_bytes(false); }

std::int64_t ActivationCache::derived_byte_size() const { return held_bytes(true); }

void ActivationCache::forget_derived() {
  for (const auto& [site, entry] : entries_) entry->forget();
}

Tensor& ActivationCache::insert(Site site, Tensor tensor) {
  std::shared_ptr<LazyTensor>& entry = entries_[site];
  entry = std::make_shared<LazyTensor>(std::move(tensor));
  return entry->stored();
}

void ActivationCache::insert_alias(Site site, Site of) {
  share(of);
  entries_[site] = entries_.at(of);
}

void ActivationCache::insert_derived(Site site, LazyTensor::Recipe recipe) {
  entries_[site] = std::make_shared<LazyTensor>(std::move(recipe));
}

Tensor ActivationCache::take(Site site) {
  share(site);
  const std::shared_ptr<LazyTensor> entry = std::move(entries_.extract(site).mapped());
  return entry.use_count() == 1 ? entry->take() : entry->get().clone();
}

}  // namespace headlens
