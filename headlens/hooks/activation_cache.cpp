#include "headlens/hooks/activation_cache.h"

#include "headlens/base/errors.h"

namespace headlens {

const Tensor& ActivationCache::at(Site site) const {
  const auto found = tensors_.find(site);
  if (found == tensors_.end()) {
    throw UsageError(to_string(site) +
                     " is not in the cache; ask for it when running, or check "
                     "that this model has it");
  }
  return found->second;
}

const Tensor& ActivationCache::at(std::string_view name) const {
  const auto site = parse_site(name);
  if (!site) throw UsageError("no site is called " + std::string(name));
  return at(*site);
}

std::int64_t ActivationCache::byte_size() const {
  std::int64_t bytes = 0;
  for (const auto& [site, tensor] : tensors_) {
    bytes += tensor.element_count() * static_cast<std::int64_t>(sizeof(float));
  }
  return bytes;
}

Tensor& ActivationCache::insert(Site site, Tensor tensor) {
  return tensors_.insert_or_assign(site, std::move(tensor)).first->second;
}

Tensor ActivationCache::take(Site site) {
  at(site);
  return std::move(tensors_.extract(site).mapped());
}

}  // namespace headlens
