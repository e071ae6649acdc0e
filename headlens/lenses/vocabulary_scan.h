#pragma once

#include <cstdint>
#include <limits>
#include <span>
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
  /// @param n_corrected  how many of the highest entries are wanted besides those that may be among
  ///     the top k, because they carry most of the sums; of use where margins are not 0
  explicit RowScan(int top_k, int n_corrected = 0);

  /// @param logits   of ids first_id ... first_id + n - 1
  /// @param margin   how far each logit may lie from its exact value; 0 for exact logits
  /// @param scratch  [n] indices
  void add_block(const float* logits, std::int32_t first_id, std::int64_t n, float margin,
                 std::int32_t* scratch);

  struct Candidates {
    /// Every entry that may be among the top k, best first: exactly these if all margins were 0.
    std::vector<Candidate> top;
    /// The other entries among the n_corrected highest, in no order.
    std::vector<Candidate> others;
  };
  Candidates candidates() const;

  /// Log of the sum of exponentials of all logits.
  double log_sum_exp() const;
  /// Entropy of the softmax, nats.
  double entropy_nats() const;
  /// A logit as it was added, and its exact value.
  struct Correction {
    float added, exact;
  };
  /// Puts exact values in place of logits in the sums, and moves all other logits by the mean of
  /// these errors: rounding a row moves its logits together, because the vocabulary's vectors have
  /// a direction in common.
  void correct(std::span<const Correction> corrections);

 private:
  struct Bounded {
    Candidate candidate;
    float margin;
    float lower() const { return candidate.logit - margin; }
    float upper() const { return candidate.logit + margin; }
  };
  void prune();

  int top_k_;
  int n_corrected_;
  float threshold_ =
      -std::numeric_limits<float>::infinity();  ///< the k-th largest lower bound so far
  float corrected_threshold_;                   ///< the n_corrected-th largest logit so far
  std::vector<Bounded> kept_;
  std::size_t prune_at_;  ///< size of kept_ that is cut back next
  float maximum_ = -std::numeric_limits<float>::infinity();
  double sum_ = 0, weighted_ = 0;  ///< of exp(x - maximum), and times x
};

}  // namespace headlens
