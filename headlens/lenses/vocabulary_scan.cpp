#include "headlens/lenses/vocabulary_scan.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "headlens/kernels/reductions.h"

namespace headlens {
namespace {

/// Entries kept before the list is cut back, at first.
std::size_t first_prune(int top_k, int n_corrected) {
  return 4 * static_cast<std::size_t>(std::max(top_k, n_corrected)) + 16;
}

float kth_largest(std::vector<float>& values, int k) {
  std::ranges::nth_element(values, values.begin() + k - 1, std::greater<>());
  return values[k - 1];
}

}  // namespace

RowScan::RowScan(int top_k, int n_corrected)
    : top_k_(top_k),
      n_corrected_(n_corrected),
      corrected_threshold_(n_corrected > 0 ? -std::numeric_limits<float>::infinity()
                                           : std::numeric_limits<float>::infinity()),
      prune_at_(first_prune(top_k, n_corrected)) {}

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
  const auto is_wanted = [&](float logit) {
    return logit + margin >= threshold_ || logit >= corrected_threshold_;
  };
  if (!is_wanted(block_maximum)) return;
  const float lowest = std::min(threshold_ - margin, corrected_threshold_);
  const std::int64_t found = find_at_least(logits, lowest, n, scratch);
  for (std::int64_t i = 0; i < found; ++i) {
    const float logit = logits[scratch[i]];
    if (!is_wanted(logit)) continue;
    kept_.push_back({{first_id + scratch[i], logit}, margin});
    if (kept_.size() >= prune_at_) prune();
  }
}

void RowScan::prune() {
  const std::size_t wanted = std::max(top_k_, n_corrected_);
  if (kept_.size() <= wanted) return;
  std::vector<float> values;
  values.reserve(kept_.size());
  for (const Bounded& entry : kept_) values.push_back(entry.lower());
  threshold_ = std::max(threshold_, kth_largest(values, top_k_));
  if (n_corrected_ > 0) {
    std::ranges::transform(kept_, values.begin(),
                           [](const Bounded& entry) { return entry.candidate.logit; });
    corrected_threshold_ = std::max(corrected_threshold_, kth_largest(values, n_corrected_));
  }
  std::erase_if(kept_, [&](const Bounded& entry) {
    return entry.upper() < threshold_ && entry.candidate.logit < corrected_threshold_;
  });
  // Where most entries tie, cutting back again at once would cost a pass for each.
  prune_at_ = std::max(first_prune(top_k_, n_corrected_), 2 * kept_.size());
}

RowScan::Candidates RowScan::candidates() const {
  RowScan pruned = *this;
  pruned.prune();
  Candidates result;
  bool exact = true;
  for (const Bounded& entry : pruned.kept_) {
    const bool may_be_top = entry.upper() >= pruned.threshold_;
    (may_be_top ? result.top : result.others).push_back(entry.candidate);
    exact = exact && entry.margin == 0;
  }
  std::ranges::sort(result.top, ranks_before);
  if (exact && result.top.size() > static_cast<std::size_t>(top_k_)) result.top.resize(top_k_);
  return result;
}

double RowScan::log_sum_exp() const { return maximum_ + std::log(sum_); }

double RowScan::entropy_nats() const { return log_sum_exp() - weighted_ / sum_; }

void RowScan::correct(std::span<const Correction> corrections) {
  if (corrections.empty()) return;
  double exact_sum = 0, exact_weighted = 0, rest_sum = sum_, rest_weighted = weighted_, shift = 0;
  for (const auto& [added, exact] : corrections) {
    const double before = std::exp(static_cast<double>(added) - maximum_);
    const double after = std::exp(static_cast<double>(exact) - maximum_);
    rest_sum -= before;
    rest_weighted -= before * added;
    exact_sum += after;
    exact_weighted += after * exact;
    shift += (static_cast<double>(exact) - added) / static_cast<double>(corrections.size());
  }
  const double factor = std::exp(shift);
  sum_ = exact_sum + factor * rest_sum;
  weighted_ = exact_weighted + factor * (rest_weighted + shift * rest_sum);
}

}  // namespace headlens
