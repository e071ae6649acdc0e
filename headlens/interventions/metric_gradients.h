#pragma once

#include <functional>
#include <set>
#include <vector>

#include "headlens/interventions/metric.h"
#include "headlens/models/block/sequence_tape.h"
#include "headlens/models/site_gradients.h"
#include "headlens/run/session.h"

namespace headlens {

/// A metric of one run, and its gradients with respect to sites of that run.
struct MetricGradients {
  double value = 0;
  SiteGradients gradients;
};

/// Called for each sequence when its gradients are known, with what its run cached, on the thread
/// that computed them.
using GradientVisitor = std::function<void(std::size_t sequence, const SequenceTape& tape,
                                           const SiteGradients& gradients)>;

/// Gradients of a metric, of several runs at once. With edits, gradients are taken at the edited
/// values, and below an edit they are those of an edit that adds a constant.
/// @param questions  one a sequence; for kl and js with their base run's predictions
/// @param edits      hooks on the padded batch; what they cache is cached in addition
/// @throws UsageError  for rank; as check_question() and Session::run_with_hooks()
/// @throws UnsupportedError  if the model has no vocabulary head
std::vector<MetricGradients> metric_gradients(Session& session, Metric metric,
                                              const std::vector<TokenSequence>& sequences,
                                              const std::vector<const Question*>& questions,
                                              const std::set<Site>& wanted,
                                              const HookSet& edits = {},
                                              const GradientVisitor& visit = {});

}  // namespace headlens
