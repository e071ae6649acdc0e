#include "headlens/models/block/forward.h"

#include <algorithm>

#include "headlens/kernels/activation.h"
#include "headlens/models/block/head_rotation.h"
#include "headlens/models/block/normalize.h"

namespace headlens {

void activate_row(const BlockSpec& spec, const float* pre, const float* pre_linear, float* post) {
  if (spec.gated_mlp) {
    activate_gated(spec.activation, pre, pre_linear, spec.d_mlp, post);
  } else {
    activate(spec.activation, pre, spec.d_mlp, post);
  }
}

BlockForward::BlockForward(const BlockSpec& spec, const BlockWeights& weights,
                           const PackedLinear* after, int layer, const RowBatch& batch,
                           const Taps& taps, Workspace& memory, Lane& lane, LaneSplit& split)
    : spec_(spec),
      weights_(weights),
      after_(after),
      layer_(layer),
      batch_(batch),
      taps_(taps),
      memory_(memory),
      lane_(lane),
      split_(split),
      attention_(spec, batch, taps, memory, lane, layer) {}

void BlockForward::attend() {
  for (const Range chunk : split_.chunks()) {
    tap(SiteKind::resid_pre, chunk, residual(chunk), spec_.d_model);
    project(chunk);
  }
  lane_.barrier();
  attention_.run();
  lane_.barrier();
}

void BlockForward::finish() {
  for (const Range chunk : split_.chunks()) {
    if (spec_.norm_place == NormPlace::post) {
      finish_post_norm(chunk);
    } else if (spec_.parallel_residual) {
      finish_parallel(chunk);
    } else {
      finish_pre_norm(chunk);
    }
  }
}

void BlockForward::project(Range chunk) {
  float* x = residual(chunk);
  if (spec_.norm_place == NormPlace::pre) {
    float* normed = stage(&StageBuffers::normed, chunk, spec_.d_model);
    normalize(weights_.ln1, SiteKind::ln1_scale, SiteKind::ln1_normalized, chunk, x, normed);
    x = normed;
  }
  const std::int64_t width = spec_.qkv_width();
  float* q = memory_.qkv.data() + chunk.begin * width;
  float* k = q + spec_.q_width();
  float* v = k + spec_.kv_width();
  multiply(BlockProduct::qkv, chunk, x, q, false, &weights_.attn_out);
  tap(SiteKind::q, chunk, q, width);
  tap(SiteKind::k, chunk, k, width);
  tap(SiteKind::v, chunk, v, width);
  const Range own = split_.own(chunk);
  prepare_heads(own);
  if (spec_.rotary) {
    tap(SiteKind::rot_q, chunk, q, width);
    tap(SiteKind::rot_k, chunk, k, width);
  }
  attention_.store_keys(own);
  attention_.store_values(own);
}

/// GPT-2, Llama: x + attention(ln1(x)), then x + mlp(ln2(x)).
void BlockForward::finish_pre_norm(Range chunk) {
  float* x = residual(chunk);
  add_attention(chunk);
  tap(SiteKind::resid_mid, chunk, x, spec_.d_model);
  float* normed = stage(&StageBuffers::normed, chunk, spec_.d_model);
  normalize(weights_.ln2, SiteKind::ln2_scale, SiteKind::ln2_normalized, chunk, x, normed);
  add_mlp(chunk, normed);
  tap(SiteKind::resid_post, chunk, x, spec_.d_model);
}

/// GPT-NeoX: x + attention(ln1(x)) + mlp(ln2(x)).
void BlockForward::finish_parallel(Range chunk) {
  float* x = residual(chunk);
  float* normed = stage(&StageBuffers::normed, chunk, spec_.d_model);
  normalize(weights_.ln2, SiteKind::ln2_scale, SiteKind::ln2_normalized, chunk, x, normed);
  split_.sync();
  add_attention(chunk);
  add_mlp(chunk, normed);
  tap(SiteKind::resid_post, chunk, x, spec_.d_model);
}

/// BERT: x = ln1(x + attention(x)), then ln2(x + mlp(x)).
void BlockForward::finish_post_norm(Range chunk) {
  float* x = residual(chunk);
  add_attention(chunk);
  tap(SiteKind::resid_mid, chunk, x, spec_.d_model);
  normalize(weights_.ln1, SiteKind::ln1_scale, SiteKind::ln1_normalized, chunk, x, x);
  add_mlp(chunk, x);
  tap(SiteKind::resid_post, chunk, x, spec_.d_model);
  normalize(weights_.ln2, SiteKind::ln2_scale, SiteKind::ln2_normalized, chunk, x, x);
  tap(SiteKind::normalized_resid_post, chunk, x, spec_.d_model);
}

void BlockForward::normalize(const NormWeights& norm, SiteKind scale, SiteKind normalized,
                             Range chunk, const float* x, float* y) {
  const std::int64_t before_chunk = chunk.begin * spec_.d_model;
  normalize_rows({{scale, layer_}, {normalized, layer_}}, spec_, norm, taps_, memory_, lane_,
                 batch_, split_.own(chunk), x - before_chunk, y - before_chunk);
}

void BlockForward::prepare_heads(Range rows) {
  const std::int64_t n_heads = spec_.n_heads + spec_.n_kv_heads;
  const auto n_pairs =
      spec_.rotary ? static_cast<std::int64_t>(spec_.rotary->inverse_frequencies.size()) : 0;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* q = memory_.qkv.data() + row * spec_.qkv_width();
    if (spec_.qk_norm) {
      normalize_heads(spec_, weights_.q_norm, spec_.n_heads, q);
      normalize_heads(spec_, weights_.k_norm, spec_.n_kv_heads, q + spec_.q_width());
    }
    if (spec_.rotary) {
      rotate_heads(spec_, memory_.cosine.data() + row * n_pairs,
                   memory_.sine.data() + row * n_pairs, n_heads, q);
    }
  }
}

void BlockForward::add_attention(Range chunk) {
  float* z = memory_.z.data() + chunk.begin * spec_.q_width();
  tap(SiteKind::z, chunk, z, spec_.q_width());
  if (taps_.is_heard({SiteKind::result, layer_})) tell_results(chunk);
  if (taps_.is_edited({SiteKind::result, layer_})) return add_results(chunk);
  add_product(BlockProduct::attn_out, SiteKind::attn_out, chunk, z, &weights_.mlp_in);
}

void BlockForward::add_mlp(Range chunk, const float* x) {
  const std::int64_t width = spec_.mlp_in_width();
  float* pre = stage(&StageBuffers::mlp_in, chunk, width);
  float* post = stage(&StageBuffers::mlp_post, chunk, spec_.d_mlp);
  multiply(BlockProduct::mlp_in, chunk, x, pre, false, &weights_.mlp_out);
  tap(SiteKind::mlp_pre, chunk, pre, width);
  if (spec_.gated_mlp) tap(SiteKind::mlp_pre_linear, chunk, pre + spec_.d_mlp, width);
  activate_rows(chunk);
  tap(SiteKind::mlp_post, chunk, post, spec_.d_mlp);
  add_product(BlockProduct::mlp_out, SiteKind::mlp_out, chunk, post, after_);
}

void BlockForward::activate_rows(Range chunk) {
  const std::int64_t width = spec_.mlp_in_width(), n = spec_.d_mlp;
  const float* pre = stage(&StageBuffers::mlp_in, chunk, width);
  float* post = stage(&StageBuffers::mlp_post, chunk, n);
  const Range own = split_.own(chunk);
  for (std::int64_t row = own.begin - chunk.begin; row < own.end - chunk.begin; ++row) {
    const float* in = pre + row * width;
    activate_row(spec_, in, in + n, post + row * n);
  }
}

void BlockForward::multiply(BlockProduct product, Range chunk, const float* x, float* y,
                            bool accumulate, const PackedLinear* next) {
  if (products_ != nullptr) {
    return products_->multiply(product, layer_, batch_, chunk, x, y, accumulate);
  }
  split_.multiply(weights_of(weights_, product), chunk, x, y, accumulate, next);
}

void BlockForward::add_product(BlockProduct product, SiteKind site, Range chunk, const float* x,
                               const PackedLinear* next) {
  if (!taps_.is_heard({site, layer_})) {
    multiply(product, chunk, x, residual(chunk), true, next);
    return;
  }
  const std::int64_t n = spec_.d_model;
  float* branch = stage(&StageBuffers::branch, chunk, n);
  multiply(product, chunk, x, branch, false, next);
  tap(site, chunk, branch, n);
  add_branch(chunk);
}

/// Each head's part of attn_out: W_O times z with the other heads' z put to zero, without the bias.
void BlockForward::tell_results(Range chunk) {
  const std::int64_t d_head = spec_.d_head, width = spec_.q_width(), n = spec_.d_model;
  const Range own = split_.own(chunk);
  const std::span<const float> bias = weights_.attn_out.bias();
  std::vector<float> one_head(own.size() * width), product(own.size() * n);
  float* results = memory_.site_values.data();
  for (std::int64_t h = 0; h < spec_.n_heads; ++h) {
    std::ranges::fill(one_head, 0.0f);
    for (std::int64_t r = 0; r < own.size(); ++r) {
      std::copy_n(memory_.z.data() + (own.begin + r) * width + h * d_head, d_head,
                  one_head.data() + r * width + h * d_head);
    }
    weights_.attn_out.multiply(one_head.data(), own.size(), product.data(), false);
    for (std::int64_t r = 0; r < own.size(); ++r) {
      float* to = results + ((own.begin + r) * spec_.n_heads + h) * n;
      for (std::int64_t i = 0; i < n; ++i) {
        to[i] = product[r * n + i] - (bias.empty() ? 0.0f : bias[i]);
      }
    }
  }
  taps_.rows({SiteKind::result, layer_}, lane_, batch_, own, results, spec_.n_heads * n);
}

/// residual += the sum of the heads' results, as hooks left them, + b
void BlockForward::add_results(Range chunk) {
  const std::int64_t n = spec_.d_model;
  const std::span<const float> bias = weights_.attn_out.bias();
  float* branch = stage(&StageBuffers::branch, chunk, n);
  const Range own = split_.own(chunk);
  for (std::int64_t row = own.begin; row < own.end; ++row) {
    float* to = branch + (row - chunk.begin) * n;
    for (std::int64_t i = 0; i < n; ++i) to[i] = bias.empty() ? 0.0f : bias[i];
    for (std::int64_t h = 0; h < spec_.n_heads; ++h) {
      const float* from = memory_.site_values.data() + (row * spec_.n_heads + h) * n;
      for (std::int64_t i = 0; i < n; ++i) to[i] += from[i];
    }
  }
  tap(SiteKind::attn_out, chunk, branch, n);
  add_branch(chunk);
}

void BlockForward::add_branch(Range chunk) {
  const std::int64_t n = spec_.d_model;
  const float* branch = stage(&StageBuffers::branch, chunk, n);
  const Range own = split_.own(chunk);
  for (std::int64_t i = (own.begin - chunk.begin) * n; i < (own.end - chunk.begin) * n; ++i) {
    residual(chunk)[i] += branch[i];
  }
  split_.sync();
}

float* BlockForward::stage(AlignedBuffer<float> StageBuffers::*buffer, Range chunk,
                           std::int64_t width) {
  if (split_.lane_buffers()) return (memory_.lanes[lane_.index()].*buffer).data();
  return (memory_.shared.*buffer).data() + chunk.begin * width;
}

void BlockForward::tap(SiteKind kind, Range chunk, float* first, std::int64_t stride) {
  const Site site{kind, layer_};
  if (!taps_.is_heard(site)) return;
  taps_.rows(site, lane_, batch_, split_.own(chunk), first - chunk.begin * stride, stride);
}

}  // namespace headlens
