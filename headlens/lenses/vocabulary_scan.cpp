#include "headlens/lenses/vocabulary_scan.h"

#include <algorithm>
#include <cmath>

#include "headlens/kernels/reductions.h"

namespace headlens {
namespace {

/// Entries kept before the list is cut back, at first.
std::size_t first_prune(int top_k) { return 4 * static_cast<std::size_t>(top_k) + 16; }

}  // namespace

RowScan::RowScan(int top_k) : top_k_(top_k), prune_at_(first_prune(top_k)) {}

void RowScan::add_block(const float* logits, std::int32_t first_id, std::int64_t n, float margin,
                        std::int32_t* scratch) {
  const float block_maximum = largest_value(logits, n);
  if (block_maximum > maximum_) {
    const double scale = std::exp(static_cast<double>(maximum_) - block_maximum);
    sum_ *= scale;
    weighted_ *= scale;
    maximum_ = block_maximum;
  }
  const ExponentialSums sums = exponential_sums(logits, maximum_, n, nullptr);
  sum_ += sums.sum;
  weighted_ += sums.weighted;
  if (block_maximum + margin < threshold_) return;
  const std::int64_t found = find_at_least(logits, threshold_ - margin, n, scratch);
  for (std::int64_t i = 0; i < found; ++i) {
    const float logit = logits[scratch[i]];
    if (logit + margin < threshold_) continue;
    kept_.push_back({{first_id + scratch[i], logit}, margin});
    if (kept_.size() >= prune_at_) prune();
  }
}

void RowScan::prune() {
  if (kept_.size() <= static_cast<std::size_t>(top_k_)) return;
  std::vector<float> lower;
  lower.reserve(kept_.size());
  for (const Bounded& entry : kept_) lower.push_back(entry.lower());
  std::ranges::nth_element(lower, lower.begin() + top_k_ - 1, std::greater<>());
  threshold_ = std::max(threshold_, lower[top_k_ - 1]);
  std::erase_if(kept_, [&](const Bounded& entry) { return entry.upper() < threshold_; });
  // Where most entries tie, cutting back again at once would cost a pass for each.
  prune_at_ = std::max(first_prune(top_k_), 2 * kept_.size());
}

std::vector<Candidate> RowScan::candidates() const {
  RowScan pruned = *this;
  pruned.prune();
  std::vector<Candidate> result;
  bool exact = true;
  for (const Bounded& entry : pruned.kept_) {
    result.push_back(entry.candidate);
    exact = exact && entry.margin == 0;
  }
  std::ranges::sort(result, ranks_before);
  if (exact && result.size() > static_cast<std::size_t>(top_k_)) result.resize(top_k_);
  return result;
}

double RowScan::log_sum_exp() const { return maximum_ + std::log(sum_); }

double RowScan::entropy_nats() const { return log_sum_exp() - weighted_ / sum_; }

void RowScan::correct(float added, float exact) {
  const double before = std::exp(static_cast<double>(added) - maximum_);
  const double after = std::exp(static_cast<double>(exact) - maximum_);
  sum_ += after - before;
  weighted_ += after * exact - before * added;
}

}  // namespace headlens
