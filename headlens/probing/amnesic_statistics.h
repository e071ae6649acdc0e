#pragma once

#include <span>
#include <vector>

#include "headlens/results/amnesic_result.h"
#include "headlens/statistics/bootstrap.h"

namespace headlens {

/// Numbers of one condition of one sentence: loss, accuracy and KL.
inline constexpr std::size_t kMeasures = 3;

/// What was measured of sentences under some conditions.
class SentenceMeasures {
 public:
  /// @param values  [sentence, condition, kMeasures], means over a sentence's predicted tokens
  /// @param tokens  predicted, by sentence
  /// @throws ShapeError  if there are not as many values
  SentenceMeasures(std::span<const double> values, std::size_t n_conditions,
                   const std::vector<double>& tokens);

  /// Means over all predicted tokens.
  AmnesicMeasure measure(std::size_t condition) const;
  /// By sentence, the sum of its tokens' losses: the mean of some neighbouring conditions.
  std::vector<double> losses(std::size_t first, std::size_t count) const;

 private:
  double at(std::size_t sentence, std::size_t condition, std::size_t measure) const {
    return values_[(sentence * n_conditions_ + condition) * kMeasures + measure];
  }

  std::vector<double> values_, tokens_;
  std::size_t n_conditions_;
};

/// a - b, number by number.
std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b);

/// Differences of the mean loss over all tokens, with intervals and tests over sentences.
/// @param sums    [layer][sentence], differences of summed losses
/// @param tokens  by sentence
/// @param options  also the seed of the sign flips
std::vector<AmnesicDifference> amnesic_differences(const std::vector<std::vector<double>>& sums,
                                                   const std::vector<double>& tokens,
                                                   const BootstrapOptions& options);

}  // namespace headlens
