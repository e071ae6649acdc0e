#include "headlens/learn/structural_batch.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/kernels/pair_distances.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/transposed_product.h"
#include "headlens/learn/dependency_tree.h"
#include "headlens/learn/example_matrix.h"

namespace headlens {
namespace {

constexpr std::int64_t kRowsOfPart = 56, kColumnsOfPart = 96;

void check(const TreebankStates& sentences) {
  check_examples(sentences.states);
  const std::int64_t n = sentences.states.size(0);
  if (static_cast<std::int64_t>(sentences.heads.size()) != n) {
    throw ShapeError("structural probe", std::to_string(n) + " heads",
                     std::to_string(sentences.heads.size()));
  }
  const auto& begins = sentences.begins;
  if (begins.size() < 2 || begins.front() != 0 || begins.back() != n) {
    throw ShapeError("structural probe", "sentences of all " + std::to_string(n) + " words",
                     begins.empty() ? "none" : "sentences up to " + std::to_string(begins.back()));
  }
  for (std::size_t s = 0; s + 1 < begins.size(); ++s) {
    if (begins[s] >= begins[s + 1]) {
      throw UsageError("sentence " + std::to_string(s) + " has no word");
    }
  }
}

}  // namespace

StructuralExamples::StructuralExamples(const TreebankStates& sentences, StructuralTarget target,
                                       std::span<const double> centre)
    : target_(target),
      n_columns_(sentences.states.size(1)),
      begins_(sentences.begins.begin(), sentences.begins.end()),
      states_(sentences.states.size(0) * n_columns_) {
  check(sentences);
  const TensorView<const float, 2> x = sentences.states;
  parallel_for(x.size(0), [&](std::ptrdiff_t i) {
    float* out = states_.data() + i * n_columns_;
    for (std::int64_t j = 0; j < n_columns_; ++j) {
      out[j] = centre.empty() ? x(i, j) : static_cast<float>(x(i, j) - centre[j]);
    }
  });
  for (std::int64_t s = 0; s < n_sentences(); ++s) {
    const auto heads = sentences.heads.subspan(begins_[s], n_words(s));
    const std::vector<float> own =
        target == StructuralTarget::distance ? tree_distances(heads) : tree_depths(heads);
    truth_begins_.push_back(static_cast<std::int64_t>(truth_.size()));
    truth_.insert(truth_.end(), own.begin(), own.end());
  }
}

void StructuralBatch::gather(const StructuralExamples& examples,
                             std::span<const std::int32_t> sentences) {
  target_ = examples.target();
  sentences_.clear();
  n_rows_ = 0;
  std::int64_t truth_begin = 0;
  for (const std::int32_t s : sentences) {
    const std::int64_t n = examples.n_words(s);
    const std::int64_t size = target_ == StructuralTarget::distance ? n * n : n;
    sentences_.push_back({n_rows_, n, size, truth_begin, examples.truth(s)});
    n_rows_ += n;
    truth_begin += size;
  }
  x_.reserve(n_rows_ * n_columns_);
  p_.reserve(n_rows_ * stride_);
  d_p_.reserve(n_rows_ * stride_);
  predicted_.resize(truth_begin);
  signs_.resize(truth_begin);
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    std::copy_n(examples.states(sentences[i]), sentences_[i].n * n_columns_,
                x_.data() + sentences_[i].first * n_columns_);
  }
}

double StructuralBatch::forward(const StructuralExamples& examples,
                                std::span<const std::int32_t> sentences, const float* matrix) {
  gather(examples, sentences);
  parallel_for((n_rows_ + kRowsOfPart - 1) / kRowsOfPart, [&](std::ptrdiff_t part) {
    const std::int64_t first = part * kRowsOfPart, n = std::min(kRowsOfPart, n_rows_ - first);
    for (std::int64_t c = 0; c < rank_; c += kPanelColumns) {
      multiply_panel(
          x_.data() + first * n_columns_, n_columns_, n, matrix + c, stride_, n_columns_,
          {p_.data() + first * stride_ + c, stride_, std::min(kPanelColumns, rank_ - c)});
    }
  });
  std::vector<double> losses(sentences_.size());
  parallel_for(static_cast<std::ptrdiff_t>(sentences_.size()),
               [&](std::ptrdiff_t s) { losses[s] = compare(sentences_[s]); });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum;
}

double StructuralBatch::compare(const Sentence& sentence) {
  const float* p = p_.data() + sentence.first * stride_;
  float* predicted = predicted_.data() + sentence.truth_begin;
  float* signs = signs_.data() + sentence.truth_begin;
  if (target_ == StructuralTarget::distance) {
    squared_distances(p, stride_, sentence.n, rank_, predicted);
  } else {
    squared_lengths(p, stride_, sentence.n, rank_, predicted);
  }
  double sum = 0;
  for (std::int64_t i = 0; i < sentence.truth_size; ++i) {
    const float error = predicted[i] - sentence.truth[i];
    signs[i] = error > 0 ? 1.0f : error < 0 ? -1.0f : 0.0f;
    sum += std::abs(error);
  }
  return sum / static_cast<double>(sentence.truth_size);
}

/// @param share  of a sentence in the mean
void StructuralBatch::differentiate(const Sentence& sentence, float share) {
  const float* p = p_.data() + sentence.first * stride_;
  float* d_p = d_p_.data() + sentence.first * stride_;
  float* signs = signs_.data() + sentence.truth_begin;
  const float scale = 2 * share / static_cast<float>(sentence.truth_size);
  for (std::int64_t i = 0; i < sentence.truth_size; ++i) signs[i] *= scale;
  if (target_ == StructuralTarget::distance) {
    return pair_gradient(p, stride_, sentence.n, rank_, signs, d_p);
  }
  for (std::int64_t i = 0; i < sentence.n; ++i) {
    for (std::int64_t r = 0; r < rank_; ++r) {
      d_p[i * stride_ + r] = signs[i] * p[i * stride_ + r];
    }
  }
}

void StructuralBatch::backward(double* gradient) {
  const float share = 1.0f / static_cast<float>(sentences_.size());
  parallel_for(static_cast<std::ptrdiff_t>(sentences_.size()),
               [&](std::ptrdiff_t s) { differentiate(sentences_[s], share); });
  parallel_for((n_columns_ + kColumnsOfPart - 1) / kColumnsOfPart, [&](std::ptrdiff_t part) {
    const std::int64_t first = part * kColumnsOfPart;
    add_transposed_product({x_.data() + first, n_columns_}, {d_p_.data(), stride_}, n_rows_,
                           std::min(kColumnsOfPart, n_columns_ - first), rank_,
                           {gradient + first * stride_, stride_});
  });
}

}  // namespace headlens
