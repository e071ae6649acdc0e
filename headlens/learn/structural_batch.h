#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/learn/structural_probe.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {

/// What a structural probe is to predict, and the states as training reads them. Differences of
/// states do not change when the same is taken from all, so distances read columns without their
/// mean: activations of ten thousands that every word has cost no digits.
class StructuralExamples {
 public:
  /// @param centre  [n_columns] to be taken from every state; empty for nothing
  /// @throws UsageError, ShapeError  as train_structural_probe()
  StructuralExamples(const TreebankStates& sentences, StructuralTarget target,
                     std::span<const double> centre);

  StructuralTarget target() const { return target_; }
  std::int64_t n_columns() const { return n_columns_; }
  std::int64_t n_sentences() const { return static_cast<std::int64_t>(begins_.size()) - 1; }
  std::int64_t n_words(std::int64_t sentence) const {
    return begins_[sentence + 1] - begins_[sentence];
  }
  const float* states(std::int64_t sentence) const {
    return states_.data() + begins_[sentence] * n_columns_;
  }
  /// [n, n] distances or [n] depths of a sentence.
  const float* truth(std::int64_t sentence) const {
    return truth_.data() + truth_begins_[sentence];
  }

 private:
  StructuralTarget target_;
  std::int64_t n_columns_;
  std::vector<std::int64_t> begins_, truth_begins_;
  AlignedBuffer<float> states_;
  std::vector<float> truth_;
};

/// The loss of some sentences and its gradient. All their words are projected in one product, and
/// the gradient of B is one product more; between them each sentence has only its own small square
/// of distances.
class StructuralBatch {
 public:
  /// @param rank_stride  of the matrix's rows: rank rounded up to whole vectors
  StructuralBatch(std::int64_t n_columns, std::int64_t rank, std::int64_t rank_stride)
      : n_columns_(n_columns), rank_(rank), stride_(rank_stride) {}

  /// Sum over the sentences of their losses.
  /// @param matrix  B^T, [n_columns, rank_stride]
  double forward(const StructuralExamples& examples, std::span<const std::int32_t> sentences,
                 const float* matrix);
  /// Adds the gradient of the mean loss of the last forward()'s sentences.
  /// @param gradient  [n_columns, rank_stride]
  void backward(double* gradient);

 private:
  struct Sentence {
    std::int64_t first, n;    ///< rows of the batch
    std::int64_t truth_size;  ///< n * n or n
    std::int64_t truth_begin;
    const float* truth;
  };

  void gather(const StructuralExamples& examples, std::span<const std::int32_t> sentences);
  double compare(const Sentence& sentence);
  void differentiate(const Sentence& sentence, float share);

  std::int64_t n_columns_, rank_, stride_;
  StructuralTarget target_ = StructuralTarget::distance;
  std::int64_t n_rows_ = 0;
  std::vector<Sentence> sentences_;
  AlignedBuffer<float> x_;                ///< [rows, n_columns]
  AlignedBuffer<float> p_, d_p_;          ///< [rows, rank_stride]
  std::vector<float> predicted_, signs_;  ///< of all sentences, as their truth
};

}  // namespace headlens
