#pragma once

#include <string>

#include "headlens/results/provenance.h"
#include "headlens/run/session.h"

namespace headlens {

/// Who made a result from what: everything but the command line, which the caller knows.
Provenance provenance_of(const Session& session);

/// How far a bf16 session's logits lie from those of f32, on the first tokens of a prompt. Takes
/// session.f32().
PrecisionDeviation measure_deviation(Session& session, const TokenSequence& sequence);

}  // namespace headlens
