#include "headlens/models/site_gradients.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/models/taps.h"

namespace headlens {
namespace {

/// Shape of a site in one sequence of `length` tokens.
Shape shape_of(Site site, const ModelSpec& spec, std::int64_t length) {
  TokenSequence tokens;
  tokens.ids.resize(length);
  const RowBatch batch({tokens}, PaddingSide::right);
  const Shape whole = site_shape(site, spec, batch);
  return Shape(std::vector<std::int64_t>(whole.begin() + 1, whole.end()));
}

}  // namespace

SiteGradients::SiteGradients(const std::set<Site>& wanted, const ModelSpec& spec,
                             std::int64_t length)
    : length_(length), first_layer_(spec.n_layers()) {
  for (const Site site : wanted) {
    if (!has_site(site, spec)) {
      throw UsageError("this model has no site " + to_string(site));
    }
    tensors_.emplace(site, Tensor::zeros(shape_of(site, spec, length)));
    const bool is_last =
        site.kind == SiteKind::ln_final_scale || site.kind == SiteKind::ln_final_normalized;
    first_layer_ = std::min(first_layer_, is_last ? spec.n_layers() : site.layer);
  }
}

const Tensor& SiteGradients::at(Site site) const {
  const auto found = tensors_.find(site);
  if (found == tensors_.end()) {
    throw UsageError("the gradient of " + to_string(site) + " was not asked for");
  }
  return found->second;
}

float* SiteGradients::target(Site site) {
  const auto found = tensors_.find(site);
  return found == tensors_.end() ? nullptr : found->second.data();
}

void SiteGradients::set_rows(Site site, const float* first, std::int64_t stride) {
  const auto found = tensors_.find(site);
  if (found == tensors_.end()) return;
  const std::int64_t width = found->second.element_count() / length_;
  for (std::int64_t row = 0; row < length_; ++row) {
    std::copy_n(first + row * stride, width, found->second.data() + row * width);
  }
}

void SiteGradients::add(const SiteGradients& other, float factor) {
  for (auto& [site, tensor] : tensors_) {
    const Tensor& from = other.at(site);
    for (std::int64_t i = 0; i < tensor.element_count(); ++i) {
      tensor.data()[i] += factor * from.data()[i];
    }
  }
}

}  // namespace headlens
