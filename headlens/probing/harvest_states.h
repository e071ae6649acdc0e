#pragma once

#include <vector>

#include "headlens/probing/harvest_window.h"
#include "headlens/run/session.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Numbers a token at a site.
/// @throws UsageError  if the model has no such site, or it has no axis of tokens
std::int64_t site_width(const ModelSpec& spec, Site site);

/// Runs the window's sentences and pools their states. Sentences run in batches of like length and
/// bounded size; what comes out is, to the last bit, what each gets when it is run alone.
/// @return  [row, width] a site, rows in the order of the window; of pairs [row, 2 width]
/// @throws FormatError     naming sentence and site, if a state is not finite
/// @throws CancelledError  if cancellation was requested
std::vector<Tensor> harvest_states(Session& session, const HarvestWindow& window,
                                   const std::vector<Site>& sites, const HarvestChoices& choices,
                                   const CorpusInfo& corpus, const ProgressCallback& progress);

}  // namespace headlens
