#include "headlens/models/block/attention_backward.h"

#include <algorithm>

#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/softmax.h"

namespace headlens {
namespace {

std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16; }

void add_product(const float* a, std::int64_t rows, std::int64_t depth, const float* b,
                 std::int64_t b_stride, float* c, std::int64_t c_stride, std::int64_t columns,
                 bool accumulate) {
  for (std::int64_t j = 0; j < columns; j += kPanelColumns) {
    multiply_panel(a, padded(depth), rows, b + j, b_stride, depth,
                   {c + j, c_stride, std::min(kPanelColumns, columns - j), accumulate});
  }
}

}  // namespace

AttentionBackward::AttentionBackward(const BlockSpec& spec, int layer, const SequenceTape& tape,
                                     SiteGradients& gradients)
    : spec_(spec),
      layer_(layer),
      tape_(tape),
      gradients_(gradients),
      n_(tape.length()),
      width_(padded(spec.d_head)),
      padded_n_(padded(n_)),
      q_(n_ * width_),
      k_(n_ * width_),
      z_(n_ * width_),
      values_(spec.d_head * padded_n_),
      pattern_(n_ * padded_n_),
      scores_(n_ * padded_n_),
      turned_(n_ * padded_n_) {}

void AttentionBackward::run(const float* d_z, float* d_qkv) {
  std::fill_n(d_qkv, n_ * spec_.qkv_width(), 0.0f);
  for (std::int64_t head = 0; head < spec_.n_heads; ++head) run_head(head, d_z, d_qkv);
}

void AttentionBackward::load_head(std::int64_t head, const float* d_z) {
  const std::int64_t d_head = spec_.d_head, kv_head = head / (spec_.n_heads / spec_.n_kv_heads);
  const bool rotary = spec_.rotary.has_value();
  const float* q = tape_.rows({rotary ? SiteKind::rot_q : SiteKind::q, layer_});
  const float* k = tape_.rows({rotary ? SiteKind::rot_k : SiteKind::k, layer_});
  const float* v = tape_.rows({SiteKind::v, layer_});
  const Site pattern{SiteKind::pattern, layer_};
  for (std::int64_t p = 0; p < n_; ++p) {
    const auto copy = [&](const float* from, AlignedBuffer<float>& to) {
      std::copy_n(from, d_head, to.data() + p * width_);
      std::fill_n(to.data() + p * width_ + d_head, width_ - d_head, 0.0f);
    };
    copy(q + p * spec_.q_width() + head * d_head, q_);
    copy(k + p * spec_.kv_width() + kv_head * d_head, k_);
    copy(d_z + p * spec_.q_width() + head * d_head, z_);
    for (std::int64_t d = 0; d < d_head; ++d) {
      values_[d * padded_n_ + p] = v[p * spec_.kv_width() + kv_head * d_head + d];
    }
    const float* row = tape_.head(pattern, head) + p * tape_.query_stride(pattern);
    std::copy_n(row, n_, pattern_.data() + p * padded_n_);
  }
}

void AttentionBackward::tell(SiteKind kind, std::int64_t head, const float* values) {
  float* target = gradients_.target({kind, layer_});
  if (target == nullptr) return;
  for (std::int64_t i = 0; i < n_; ++i) {
    std::copy_n(values + i * padded_n_, n_, target + (head * n_ + i) * n_);
  }
}

void AttentionBackward::score_gradients(std::int64_t head) {
  for (std::int64_t j = 0; j < n_; j += kPanelColumns) {
    multiply_panel(z_.data(), width_, n_, values_.data() + j, padded_n_, spec_.d_head,
                   {scores_.data() + j, padded_n_, std::min(kPanelColumns, n_ - j)});
  }
  tell(SiteKind::pattern, head, scores_.data());
  for (std::int64_t i = 0; i < n_; ++i) {
    float* row = scores_.data() + i * padded_n_;
    softmax_row_vjp(pattern_.data() + i * padded_n_, row, n_, row);
  }
  tell(SiteKind::attn_scores, head, scores_.data());
}

void AttentionBackward::run_head(std::int64_t head, const float* d_z, float* d_qkv) {
  load_head(head, d_z);
  const std::int64_t d_head = spec_.d_head, kv_head = head / (spec_.n_heads / spec_.n_kv_heads);
  const std::int64_t stride = spec_.qkv_width();
  float* d_q = d_qkv + head * d_head;
  float* d_k = d_qkv + spec_.q_width() + kv_head * d_head;
  float* d_v = d_k + spec_.kv_width();
  const auto turn = [&](const AlignedBuffer<float>& from) {
    for (std::int64_t i = 0; i < n_; ++i) {
      for (std::int64_t j = 0; j < n_; ++j) turned_[j * padded_n_ + i] = from[i * padded_n_ + j];
    }
  };
  turn(pattern_);
  add_product(turned_.data(), n_, n_, z_.data(), width_, d_v, stride, d_head, true);
  score_gradients(head);
  scale_row(scores_.data(), static_cast<float>(spec_.attention_scale), n_ * padded_n_);
  add_product(scores_.data(), n_, n_, k_.data(), width_, d_q, stride, d_head, false);
  turn(scores_);
  add_product(turned_.data(), n_, n_, q_.data(), width_, d_k, stride, d_head, true);
}

}  // namespace headlens
