#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace headlens {

/// A vocabulary entry with its logit.
struct Candidate {
  std::int32_t id;
  float logit;
};

/// The order of every list of candidates: higher logits first, then lower ids.
inline bool ranks_before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

/// The distribution of one row of logits, gathered block by block of the vocabulary without ever
/// holding the whole row.
class RowScan {
 public:
  explicit RowScan(int top_k);

  /// @param logits   of ids first_id ... first_id + n - 1
  /// @param margin   how far each logit may lie from its exact value; 0 for exact logits
  /// @param scratch  [n] indices
  void add_block(const float* logits, std::int32_t first_id, std::int64_t n, float margin,
                 std::int32_t* scratch);

  /// Every entry that may be among the top k: exactly these if all margins were 0, best first.
  std::vector<Candidate> candidates() const;

  /// Log of the sum of exponentials of all logits.
  double log_sum_exp() const;
  /// Entropy of the softmax, nats.
  double entropy_nats() const;
  /// Replaces a logit that was added by its exact value in the sums.
  void correct(float added, float exact);

 private:
  struct Bounded {
    Candidate candidate;
    float margin;
    float lower() const { return candidate.logit - margin; }
    float upper() const { return candidate.logit + margin; }
  };
  void prune();

  int top_k_;
  float threshold_ =
      -std::numeric_limits<float>::infinity();  ///< the k-th largest lower bound so far
  std::vector<Bounded> kept_;
  std::size_t prune_at_;  ///< size of kept_ that is cut back next
  float maximum_ = -std::numeric_limits<float>::infinity();
  double sum_ = 0, weighted_ = 0;  ///< of exp(x - maximum), and times x
};

}  // namespace headlens
