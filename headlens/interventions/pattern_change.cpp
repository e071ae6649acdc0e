#include "headlens/interventions/pattern_change.h"

#include <vector>

#include "headlens/kernels/softmax.h"

namespace headlens {

PatternChange::PatternChange(const BlockSpec& spec, int layer, const SequenceTape& tape,
                             const SiteGradients& gradients, const Tensor& source)
    : spec_(spec), layer_(layer), tape_(tape), gradients_(gradients), source_(source) {}

const float* PatternChange::own(SiteKind plain, SiteKind rotated, std::int64_t position,
                                std::int64_t head, std::int64_t n_heads) const {
  const float* rows = tape_.rows({spec_.rotary ? rotated : plain, layer_});
  return rows + (position * n_heads + head) * spec_.d_head;
}

const float* PatternChange::own_query(std::int64_t head, std::int64_t position) const {
  return own(SiteKind::q, SiteKind::rot_q, position, head, spec_.n_heads);
}

double PatternChange::of_query(std::int64_t head, std::int64_t position) const {
  double sum = 0;
  for (std::int64_t query = 0; query < tape_.length(); ++query) {
    if (position >= 0 && query != position) continue;
    const float* q = source_.data() + (query * spec_.n_heads + head) * spec_.d_head;
    sum += of_row(head, query, q, false, -1);
  }
  return sum;
}

double PatternChange::of_key(std::int64_t kv_head, std::int64_t position) const {
  const std::int64_t group = spec_.n_heads / spec_.n_kv_heads;
  double sum = 0;
  for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    for (std::int64_t query = 0; query < tape_.length(); ++query) {
      sum += of_row(head, query, own_query(head, query), true, position);
    }
  }
  return sum;
}

double PatternChange::of_row(std::int64_t head, std::int64_t query, const float* q,
                             bool source_keys, std::int64_t position) const {
  const std::int64_t n = tape_.length(), kv_head = head / (spec_.n_heads / spec_.n_kv_heads);
  const Site pattern{SiteKind::pattern, layer_};
  const float* before = tape_.head(pattern, head) + query * tape_.query_stride(pattern);
  const float* gradient = gradients_.at(pattern).data() + (head * n + query) * n;
  const std::int64_t begin =
      spec_.window ? std::max<std::int64_t>(0, query + 1 - *spec_.window) : 0;
  const std::int64_t end = spec_.causal ? query + 1 : n;
  std::vector<float> after(end - begin);
  for (std::int64_t key = begin; key < end; ++key) {
    const bool replaced = source_keys && (position < 0 || key == position);
    const float* k = replaced ? source_.data() + (key * spec_.n_kv_heads + kv_head) * spec_.d_head
                              : own(SiteKind::k, SiteKind::rot_k, key, kv_head, spec_.n_kv_heads);
    double score = 0;
    for (std::int64_t d = 0; d < spec_.d_head; ++d) score += static_cast<double>(q[d]) * k[d];
    after[key - begin] = static_cast<float>(score * spec_.attention_scale);
  }
  softmax_row(after.data(), end - begin);
  double sum = 0;
  for (std::int64_t key = begin; key < end; ++key) {
    sum += static_cast<double>(after[key - begin] - before[key]) * gradient[key];
  }
  return sum;
}

}  // namespace headlens
