#pragma once

#include <string>

#include "headlens/results/provenance.h"

namespace headlens {

/// "f32"; "bf16 (logits off by at most 0.03 on 12 tokens)"; "bf16_deltas (off by at most 0.0012 at
/// 8 of 270 places)".
std::string precision_text(const Provenance& provenance);

/// How far numbers at reduced precision lie from f32, and on what sample that was measured; empty
/// where nothing was.
std::string deviation_text(const Provenance& provenance);
/// The same after the name of the precision, as a line with its end.
std::string deviation_line(const Provenance& provenance);

}  // namespace headlens
