#pragma once

#include <string>
#include <vector>

#include "headlens/probing/harvest_options.h"
#include "headlens/probing/text_states.h"
#include "headlens/probing/trained_probe.h"
#include "headlens/results/probe_labels.h"
#include "headlens/run/session.h"

namespace headlens {

/// Labels a new text by a probe, whose states are pooled as those that it was trained on. Words are
/// what lies between white space, with ASCII punctuation at either end as words of its own.
/// @param unit  word or token instead of the probe's own unit; absent: its own
/// @throws UsageError   if the text is empty, or a sentence's probe is asked for words or the
///                      other way round
/// @throws FormatError  if the probe was trained on another model
ProbeLabels apply_probe(Session& session, const SavedProbe& saved, const std::string& text,
                        std::optional<HarvestUnit> unit = {});

}  // namespace headlens
