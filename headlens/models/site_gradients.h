#pragma once

#include <map>
#include <set>

#include "headlens/hooks/site.h"
#include "headlens/models/model_spec.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Gradients of one number with respect to sites of one sequence's run. Shapes are those in site.h
/// without the batch axis.
class SiteGradients {
 public:
  /// @throws UsageError  if the model has no such site
  SiteGradients(const std::set<Site>& wanted, const ModelSpec& spec, std::int64_t length);

  bool wants(Site site) const { return tensors_.contains(site); }
  /// @throws UsageError  if the site was not asked for
  const Tensor& at(Site site) const;
  const std::map<Site, Tensor>& tensors() const { return tensors_; }
  /// Lowest layer of the wanted sites; -1 for sites before the blocks, n_layers for sites after.
  int first_layer() const { return first_layer_; }

  /// Writable; null if the site was not asked for.
  float* target(Site site);
  /// Copies rows of the site's width, `stride` floats apart, if the site was asked for.
  void set_rows(Site site, const float* first, std::int64_t stride);
  /// Adds another run's gradients of the same sites, times a factor.
  void add(const SiteGradients& other, float factor);

 private:
  std::int64_t length_;
  int first_layer_;
  std::map<Site, Tensor> tensors_;
};

}  // namespace headlens
