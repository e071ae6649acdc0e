#pragma once

#include <map>
#include <string_view>

#include "headlens/hooks/site.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// The activations of one run, by site. Owns them. Shapes are those in site.h; sequences shorter
/// than the longest are padded with zeros on the batch's padding side.
class ActivationCache {
 public:
  /// @throws UsageError  if the site was not asked for, or the model has no such site
  const Tensor& at(Site site) const;
  /// @param name  as "blocks.5.attn.hook_pattern"
  const Tensor& at(std::string_view name) const;
  bool contains(Site site) const { return tensors_.contains(site); }
  const std::map<Site, Tensor>& tensors() const { return tensors_; }

  /// Of all tensors together.
  std::int64_t byte_size() const;

  Tensor& insert(Site site, Tensor tensor);
  void erase(Site site) { tensors_.erase(site); }
  Tensor take(Site site);

 private:
  std::map<Site, Tensor> tensors_;
};

}  // namespace headlens
