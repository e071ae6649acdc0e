#include "headlens/interventions/receiver_gradients.h"

#include <algorithm>

#include "headlens/models/block/backward.h"

namespace headlens {
namespace {

constexpr SiteKind kHeadSites[] = {SiteKind::q, SiteKind::k, SiteKind::v};

/// Copies columns of one matrix into columns of another of zeros.
void place_columns(const float* from, std::int64_t from_stride, std::int64_t count, float* to,
                   std::int64_t to_stride, std::int64_t rows) {
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy_n(from + row * from_stride, count, to + row * to_stride);
  }
}

Tensor through_norm(const Model& model, const PackedLinear& transposed, const Tensor& d_product,
                    const NormWeights& norm, Site scale, Site normalized,
                    const SequenceTape& tape) {
  const ModelSpec& spec = model.spec();
  const std::int64_t rows = tape.length();
  Tensor d_normed({rows, spec.d_model});
  transposed.multiply(d_product.data(), rows, d_normed.data(), false);
  Tensor gradient = Tensor::zeros({rows, spec.d_model});
  SiteGradients untold({}, spec, rows);
  norm_backward(spec.block(), norm, scale, normalized, tape, untold, d_normed.data(),
                gradient.data());
  return gradient;
}

Tensor head_gradient(const Model& model, const ModelTransposes& transposes,
                     const Receiver& receiver, const SequenceTape& tape,
                     const SiteGradients& gradients) {
  const BlockSpec& spec = model.spec().block();
  const int layer = receiver.layer;
  const auto part = static_cast<std::size_t>(receiver.kind);
  const std::int64_t first_column[] = {0, spec.q_width(), spec.q_width() + spec.kv_width()};
  const std::int64_t width = part == 0 ? spec.q_width() : spec.kv_width();
  const std::int64_t head = receiver.head * spec.d_head;
  Tensor d_qkv = Tensor::zeros({tape.length(), spec.qkv_width()});
  place_columns(gradients.at({kHeadSites[part], layer}).data() + head, width, spec.d_head,
                d_qkv.data() + first_column[part] + head, spec.qkv_width(), tape.length());
  return through_norm(model, transposes.blocks[layer].qkv, d_qkv, model.block(layer).ln1,
                      {SiteKind::ln1_scale, layer}, {SiteKind::ln1_normalized, layer}, tape);
}

Tensor mlp_gradient(const Model& model, const ModelTransposes& transposes, int layer,
                    const SequenceTape& tape, const SiteGradients& gradients) {
  const BlockSpec& spec = model.spec().block();
  const std::int64_t width = spec.mlp_in_width();
  Tensor d_in({tape.length(), width});
  place_columns(gradients.at({SiteKind::mlp_pre, layer}).data(), spec.d_mlp, spec.d_mlp,
                d_in.data(), width, tape.length());
  if (spec.gated_mlp) {
    place_columns(gradients.at({SiteKind::mlp_pre_linear, layer}).data(), spec.d_mlp, spec.d_mlp,
                  d_in.data() + spec.d_mlp, width, tape.length());
  }
  return through_norm(model, transposes.blocks[layer].mlp_in, d_in, model.block(layer).ln2,
                      {SiteKind::ln2_scale, layer}, {SiteKind::ln2_normalized, layer}, tape);
}

}  // namespace

std::set<Site> sites_for_receivers(const ModelSpec& spec) {
  std::set<Site> sites{{SiteKind::resid_post, spec.n_layers() - 1}};
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    for (const SiteKind kind : kHeadSites) sites.insert({kind, layer});
    sites.insert({SiteKind::mlp_pre, layer});
    if (spec.block().gated_mlp) sites.insert({SiteKind::mlp_pre_linear, layer});
  }
  return sites;
}

Tensor receiver_gradient(const Model& model, const ModelTransposes& transposes,
                         const Receiver& receiver, const SequenceTape& tape,
                         const SiteGradients& gradients) {
  switch (receiver.kind) {
    case ReceiverKind::final:
      return gradients.at({SiteKind::resid_post, model.spec().n_layers() - 1}).clone();
    case ReceiverKind::mlp:
      return mlp_gradient(model, transposes, receiver.layer, tape, gradients);
    default:
      return head_gradient(model, transposes, receiver, tape, gradients);
  }
}

}  // namespace headlens
