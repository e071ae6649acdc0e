#include "headlens/lenses/vocabulary_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/base/cancellation.h"
#include "headlens/base/team.h"
#include "headlens/kernels/reductions.h"
#include "headlens/models/screening.h"

namespace headlens {
namespace {

/// Vocabulary entries of one product: their weights and logits stay in L2.
constexpr std::int64_t kBlockColumns = 1024;
/// Rows of one product.
constexpr std::int64_t kTargetRows = 128;
/// Rows a thread takes through the whole vocabulary at a time: enough of them that reading the
/// weights costs nothing beside multiplying.
constexpr std::int64_t kPassRows = 1024;
/// Probabilities are divided by a sum over the vocabulary, whose bf16 errors scoring its highest
/// entries exactly takes away: so many at a time, until the error expected of the rest moves no
/// probability by more than this, or at most so many.
constexpr std::ptrdiff_t kCorrectedAtOnce = 32;
constexpr int kMostCorrected = 224;
constexpr double kProbabilityError = 1e-4;

/// One thread's pass of some groups of rows over the vocabulary.
class Pass {
 public:
  Pass(const Model& model, const Tensor& x, std::int64_t group_rows, int top_k,
       VocabularyProducts products)
      : model_(model),
        x_(x),
        group_rows_(group_rows),
        top_k_(top_k),
        screened_(products == VocabularyProducts::bf16_screened),
        chunk_groups_(std::max<std::int64_t>(1, kTargetRows / group_rows)),
        logits_(chunk_groups_ * group_rows * kBlockColumns),
        reference_(kBlockColumns),
        indices_(kBlockColumns) {}

  void run(std::int64_t first_group, std::int64_t n_groups, RowPrediction* out) {
    const std::int64_t first = first_group * group_rows_, rows = n_groups * group_rows_;
    scans_.assign(rows, RowScan(top_k_, screened_ ? kMostCorrected : 0));
    weighted_.assign(rows, 0.0);
    shifts_.assign(rows, -std::numeric_limits<float>::infinity());
    if (screened_) bounds_ = screening_bounds(x_.data() + first * width(), rows, width());
    const std::int64_t vocabulary = model_.spec().vocab_size;
    for (std::int64_t begin = 0; begin < vocabulary; begin += kBlockColumns) {
      check_cancellation();
      const Range columns{begin, std::min(begin + kBlockColumns, vocabulary)};
      for (std::int64_t group = 0; group < n_groups; group += chunk_groups_) {
        const std::int64_t n = std::min(chunk_groups_, n_groups - group);
        multiply(first + group * group_rows_, n * group_rows_, columns);
        for (std::int64_t g = 0; g < n; ++g) scan_group(group + g, g, columns);
      }
    }
    for (std::int64_t row = 0; row < rows; ++row) finish(first, row, out[first + row]);
  }

 private:
  std::int64_t width() const { return model_.spec().d_model; }

  void multiply(std::int64_t first_row, std::int64_t rows, Range columns) {
    const PackedLinear& weights =
        screened_ ? model_.screening().unembedding : model_.head().unembedding;
    weights.multiply_block(x_.data() + first_row * width(), rows, columns, logits_.data());
  }

  void scan_group(std::int64_t group, std::int64_t chunk_group, Range columns) {
    const std::int64_t n = columns.size();
    const float* logits = logits_.data() + chunk_group * group_rows_ * n;
    const float* last = logits + (group_rows_ - 1) * n;
    const std::int64_t last_row = group * group_rows_ + group_rows_ - 1;
    const float maximum = largest_value(last, n);
    float& shift = shifts_[last_row];
    const double rescale = maximum > shift ? std::exp(static_cast<double>(shift) - maximum) : 1.0;
    shift = std::max(shift, maximum);
    exponential_sums(last, shift, n, reference_.data());
    for (std::int64_t r = 0; r < group_rows_; ++r) {
      const std::int64_t row = group * group_rows_ + r;
      const float* of_row = logits + r * n;
      const float margin = screened_ ? bounds_[row].margin(model_.screening(), columns) : 0.0f;
      scans_[row].add_block(of_row, static_cast<std::int32_t>(columns.begin), n, margin,
                            indices_.data());
      weighted_[row] = weighted_[row] * rescale + dot_product(reference_.data(), of_row, n);
    }
  }

  void finish(std::int64_t first, std::int64_t row, RowPrediction& out) {
    RowScan& scan = scans_[row];
    // Of the logits that weighted_ was summed from: those before candidates are scored exactly.
    const double summed = scan.log_sum_exp();
    RowScan::Candidates candidates = scan.candidates();
    if (screened_) rescore(x_.data() + (first + row) * width(), scan, candidates);
    out.top = std::move(candidates.top);
    out.log_sum_exp = scan.log_sum_exp();
    out.entropy_nats = scan.entropy_nats();
    // KL = sum p (log p - log q) = (E_p[ref] - lse_ref) - (E_p[row] - lse_row)
    const std::int64_t last = row / group_rows_ * group_rows_ + group_rows_ - 1;
    const double mass = std::exp(scans_[last].log_sum_exp() - shifts_[last]);
    const double reference = weighted_[last] / mass - scans_[last].log_sum_exp();
    const double own = weighted_[row] / mass - summed;
    out.kl_from_reference_nats = row == last ? 0.0 : std::max(0.0, reference - own);
  }

  void rescore(const float* x, RowScan& scan, RowScan::Candidates& candidates) {
    exact_row_.resize(width());
    corrections_.clear();
    const auto score = [&](Candidate& candidate) {
      const float exact = model_.screening().exact_logit(x, candidate.id, exact_row_.data());
      corrections_.push_back({candidate.logit, exact});
      candidate.logit = exact;
    };
    std::ranges::for_each(candidates.top, score);
    auto next = candidates.others.begin();
    while (next != candidates.others.end() && !is_settled(scan)) {
      const auto end =
          next + std::min<std::ptrdiff_t>(kCorrectedAtOnce, candidates.others.end() - next);
      std::ranges::partial_sort(next, end, candidates.others.end(), ranks_before);
      for (; next != end; ++next) score(*next);
    }
    scan.correct(corrections_);
    std::ranges::sort(candidates.top, ranks_before);
    if (candidates.top.size() > static_cast<std::size_t>(top_k_)) candidates.top.resize(top_k_);
  }

  /// Whether what is not scored exactly, with errors like those seen, changes no probability much.
  bool is_settled(const RowScan& scan) const {
    const double log_sum = scan.log_sum_exp();
    double rest = 1, highest = 0, squares = 0;
    for (const auto& [added, exact] : corrections_) {
      rest -= std::exp(added - log_sum);
      highest = std::max(highest, std::exp(exact - log_sum));
      squares += (static_cast<double>(exact) - added) * (static_cast<double>(exact) - added);
    }
    const double error = std::sqrt(squares / static_cast<double>(corrections_.size()));
    return highest * rest * error < kProbabilityError;
  }

  const Model& model_;
  const Tensor& x_;
  const std::int64_t group_rows_;
  const int top_k_;
  const bool screened_;
  const std::int64_t chunk_groups_;
  AlignedBuffer<float> logits_, reference_;
  std::vector<std::int32_t> indices_;
  std::vector<RowScan> scans_;
  /// For KL(reference || row), block by block: sum of exp(reference - shift) * row, and the shift.
  std::vector<double> weighted_;
  std::vector<float> shifts_;
  std::vector<ScreeningBound> bounds_;
  std::vector<float> exact_row_;
  std::vector<RowScan::Correction> corrections_;
};

}  // namespace

std::vector<RowPrediction> project_to_vocabulary(const Model& model, const Tensor& x,
                                                 std::int64_t group_rows, int top_k,
                                                 VocabularyProducts products) {
  const std::int64_t groups = x.size(0) / group_rows;
  std::vector<RowPrediction> out(x.size(0));
  const std::int64_t wanted = std::max<std::int64_t>(1, kPassRows / group_rows);
  const std::int64_t passes = std::max<std::int64_t>(
      (groups + wanted - 1) / wanted, std::min<std::int64_t>(groups, thread_count()));
  parallel_for(passes, [&](std::ptrdiff_t i) {
    const std::int64_t begin = groups * i / passes, end = groups * (i + 1) / passes;
    Pass(model, x, group_rows, top_k, products).run(begin, end - begin, out.data());
  });
  return out;
}

}  // namespace headlens
