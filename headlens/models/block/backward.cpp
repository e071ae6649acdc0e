#include "headlens/models/block/backward.h"

#include <algorithm>
#include <vector>

#include "headlens/kernels/activation.h"
#include "headlens/kernels/norm.h"
#include "headlens/kernels/rotary.h"
#include "headlens/models/block/attention_backward.h"

namespace headlens {

void norm_backward(const BlockSpec& spec, const NormWeights& norm, Site scale, Site normalized,
                   const SequenceTape& tape, SiteGradients& gradients, const float* d_y,
                   float* d_x) {
  const std::int64_t n = spec.d_model;
  const float* quotients = tape.rows(normalized);
  const float* scales = tape.rows(scale);
  float* d_quotients = gradients.target(normalized);
  float* d_scales = gradients.target(scale);
  std::vector<float> g(n);
  for (std::int64_t row = 0; row < tape.length(); ++row) {
    const float* quotient = quotients + row * n;
    for (std::int64_t i = 0; i < n; ++i) g[i] = d_y[row * n + i] * norm.weight.data()[i];
    if (d_quotients != nullptr) std::copy_n(g.data(), n, d_quotients + row * n);
    if (d_scales != nullptr) {
      double along = 0;
      for (std::int64_t i = 0; i < n; ++i) along += static_cast<double>(g[i]) * quotient[i];
      d_scales[row] = static_cast<float>(-along / scales[row]);
    }
    const auto vjp = spec.norm == NormKind::rms_norm ? rms_norm_row_vjp : layer_norm_row_vjp;
    vjp(quotient, scales[row], g.data(), n, d_x + row * n);
  }
}

BlockBackward::BlockBackward(const BlockSpec& spec, const BlockWeights& weights,
                             const BlockTransposes& transposes, int layer, const SequenceTape& tape,
                             const float* cosine, const float* sine, SiteGradients& gradients)
    : spec_(spec),
      weights_(weights),
      transposes_(transposes),
      layer_(layer),
      tape_(tape),
      cosine_(cosine),
      sine_(sine),
      gradients_(gradients),
      n_(tape.length()) {}

std::vector<Site> BlockBackward::needed_sites(const BlockSpec& spec, int layer) {
  std::vector<SiteKind> kinds{
      SiteKind::ln1_scale, SiteKind::ln1_normalized, SiteKind::ln2_scale, SiteKind::ln2_normalized,
      SiteKind::v,         SiteKind::pattern,        SiteKind::mlp_pre};
  if (!spec.rotary || spec.qk_norm) kinds.insert(kinds.end(), {SiteKind::q, SiteKind::k});
  if (spec.rotary) kinds.insert(kinds.end(), {SiteKind::rot_q, SiteKind::rot_k});
  if (spec.gated_mlp) kinds.push_back(SiteKind::mlp_pre_linear);
  std::vector<Site> sites;
  for (const SiteKind kind : kinds) sites.push_back({kind, layer});
  return sites;
}

void BlockBackward::run(float* gradient) {
  const std::int64_t n = spec_.d_model, size = n_ * n;
  if (spec_.norm_place == NormPlace::post) {
    gradients_.set_rows(site(SiteKind::normalized_resid_post), gradient, n);
    std::vector<float> after(size), middle(size);
    norm_backward(spec_, weights_.ln2, site(SiteKind::ln2_scale), site(SiteKind::ln2_normalized),
                  tape_, gradients_, gradient, after.data());
    gradients_.set_rows(site(SiteKind::resid_post), after.data(), n);
    const std::vector<float> d_mlp = after;
    mlp(d_mlp.data(), after.data(), nullptr);
    norm_backward(spec_, weights_.ln1, site(SiteKind::ln1_scale), site(SiteKind::ln1_normalized),
                  tape_, gradients_, after.data(), middle.data());
    gradients_.set_rows(site(SiteKind::resid_mid), middle.data(), n);
    std::ranges::copy(middle, gradient);
    attention(middle.data(), gradient, nullptr);
  } else {
    gradients_.set_rows(site(SiteKind::resid_post), gradient, n);
    const std::vector<float> d_out(gradient, gradient + size);
    mlp(d_out.data(), gradient, &weights_.ln2);
    gradients_.set_rows(site(SiteKind::resid_mid), gradient, n);
    const std::vector<float> d_mid =
        spec_.parallel_residual ? d_out : std::vector<float>(gradient, gradient + size);
    attention(d_mid.data(), gradient, &weights_.ln1);
  }
  gradients_.set_rows(site(SiteKind::resid_pre), gradient, n);
}

void BlockBackward::mlp(const float* d_out, float* d_x, const NormWeights* norm) {
  const std::int64_t n = spec_.d_model, width = spec_.mlp_in_width(), d_mlp = spec_.d_mlp;
  gradients_.set_rows(site(SiteKind::mlp_out), d_out, n);
  AlignedBuffer<float> d_post(n_ * d_mlp), d_in(n_ * width);
  transposes_.mlp_out.multiply(d_out, n_, d_post.data(), false);
  gradients_.set_rows(site(SiteKind::mlp_post), d_post.data(), d_mlp);
  const float* pre = tape_.rows(site(SiteKind::mlp_pre));
  for (std::int64_t row = 0; row < n_; ++row) {
    const float* from = d_post.data() + row * d_mlp;
    float* to = d_in.data() + row * width;
    if (spec_.gated_mlp) {
      activate_gated_vjp(spec_.activation, pre + row * d_mlp,
                         tape_.rows(site(SiteKind::mlp_pre_linear)) + row * d_mlp, d_mlp, from, to,
                         to + d_mlp);
    } else {
      activate_vjp(spec_.activation, pre + row * d_mlp, d_mlp, from, to);
    }
  }
  gradients_.set_rows(site(SiteKind::mlp_pre), d_in.data(), width);
  if (spec_.gated_mlp) {
    gradients_.set_rows(site(SiteKind::mlp_pre_linear), d_in.data() + d_mlp, width);
  }
  if (norm == nullptr) return transposes_.mlp_in.multiply(d_in.data(), n_, d_x, true);
  AlignedBuffer<float> d_normed(n_ * n);
  transposes_.mlp_in.multiply(d_in.data(), n_, d_normed.data(), false);
  norm_backward(spec_, *norm, site(SiteKind::ln2_scale), site(SiteKind::ln2_normalized), tape_,
                gradients_, d_normed.data(), d_x);
}

void BlockBackward::tell_results(const float* d_out) {
  float* target = gradients_.target(site(SiteKind::result));
  if (target == nullptr) return;
  const std::int64_t n = spec_.d_model;
  for (std::int64_t row = 0; row < n_; ++row) {
    for (std::int64_t h = 0; h < spec_.n_heads; ++h) {
      std::copy_n(d_out + row * n, n, target + (row * spec_.n_heads + h) * n);
    }
  }
}

void BlockBackward::attention(const float* d_out, float* d_x, const NormWeights* norm) {
  const std::int64_t n = spec_.d_model, width = spec_.qkv_width();
  gradients_.set_rows(site(SiteKind::attn_out), d_out, n);
  tell_results(d_out);
  AlignedBuffer<float> d_z(n_ * spec_.q_width()), d_qkv(n_ * width);
  transposes_.attn_out.multiply(d_out, n_, d_z.data(), false);
  gradients_.set_rows(site(SiteKind::z), d_z.data(), spec_.q_width());
  AttentionBackward(spec_, layer_, tape_, gradients_).run(d_z.data(), d_qkv.data());
  heads_backward(d_qkv.data());
  if (norm == nullptr) return transposes_.qkv.multiply(d_qkv.data(), n_, d_x, true);
  AlignedBuffer<float> d_normed(n_ * n);
  transposes_.qkv.multiply(d_qkv.data(), n_, d_normed.data(), false);
  norm_backward(spec_, *norm, site(SiteKind::ln1_scale), site(SiteKind::ln1_normalized), tape_,
                gradients_, d_normed.data(), d_x);
}

void BlockBackward::heads_backward(float* d_qkv) {
  const std::int64_t width = spec_.qkv_width();
  float* d_k = d_qkv + spec_.q_width();
  float* d_v = d_k + spec_.kv_width();
  gradients_.set_rows(site(SiteKind::rot_q), d_qkv, width);
  gradients_.set_rows(site(SiteKind::rot_k), d_k, width);
  gradients_.set_rows(site(SiteKind::v), d_v, width);
  const auto n_pairs =
      spec_.rotary ? static_cast<std::int64_t>(spec_.rotary->inverse_frequencies.size()) : 0;
  for (std::int64_t row = 0; row < n_; ++row) {
    float* d_heads = d_qkv + row * width;
    for (std::int64_t h = 0; n_pairs > 0 && h < spec_.n_heads + spec_.n_kv_heads; ++h) {
      rotate_half_vjp(d_heads + h * spec_.d_head, cosine_ + row * n_pairs, sine_ + row * n_pairs,
                      n_pairs);
    }
    if (!spec_.qk_norm) continue;
    normalized_heads_backward(SiteKind::q, weights_.q_norm, spec_.n_heads, row, d_heads);
    normalized_heads_backward(SiteKind::k, weights_.k_norm, spec_.n_kv_heads, row,
                              d_heads + spec_.q_width());
  }
  gradients_.set_rows(site(SiteKind::q), d_qkv, width);
  gradients_.set_rows(site(SiteKind::k), d_k, width);
}

void BlockBackward::normalized_heads_backward(SiteKind kind, const NormWeights& norm,
                                              std::int64_t n_heads, std::int64_t row,
                                              float* d_heads) const {
  const std::int64_t d_head = spec_.d_head;
  std::vector<float> quotient(d_head), g(d_head);
  for (std::int64_t h = 0; h < n_heads; ++h) {
    const float* x = tape_.rows(site(kind)) + (row * n_heads + h) * d_head;
    const float scale = rms_norm_row(x, nullptr, spec_.norm_epsilon, d_head, quotient.data());
    float* d_head_row = d_heads + h * d_head;
    for (std::int64_t i = 0; i < d_head; ++i) g[i] = d_head_row[i] * norm.weight.data()[i];
    std::fill_n(d_head_row, d_head, 0.0f);
    rms_norm_row_vjp(quotient.data(), scale, g.data(), d_head, d_head_row);
  }
}

}  // namespace headlens
