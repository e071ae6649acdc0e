#pragma once

#include <span>
#include <vector>

#include "headlens/interventions/pruning.h"
#include "headlens/interventions/sweep.h"
#include "headlens/results/pruning_result.h"

namespace headlens {

/// What is told of texts before anything is measured: the first half is for the ranking and the
/// rest for the curves; a single text is for both.
std::vector<PrunedText> told_texts(const std::vector<PruningText>& texts);

/// Measures the loss with heads removed, over some of the texts.
class PrunedLoss {
 public:
  using Heads = std::span<const HeadPlace>;

  /// @param texts, options  must outlive it
  PrunedLoss(Session& session, const std::vector<PruningText>& texts,
             const PruningOptions& options);

  /// @param sets   heads that are removed together
  /// @param part   texts with this part are read, and learn their base loss
  /// @return  the loss of each set, and last that of the whole model
  std::vector<double> of(const std::vector<Heads>& sets, std::vector<PrunedText>& told,
                         bool PrunedText::*part);

 private:
  using LayerValues = std::vector<std::shared_ptr<const Tensor>>;
  class MeanLoss;

  void add_texts(const std::vector<Heads>& sets, std::span<const std::size_t> some,
                 std::vector<PrunedText>& told, std::vector<MeanLoss>& means);
  LayerValues values_for(std::size_t text, std::int64_t length);
  static std::vector<Intervention> removal_of(Heads heads, const LayerValues& values);

  Session& session_;
  const std::vector<PruningText>& texts_;
  const PruningOptions& options_;
  Sweep sweep_;
  LayerValues values_;  ///< the same for every text; empty for resample
};

}  // namespace headlens
