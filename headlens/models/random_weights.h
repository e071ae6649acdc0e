#pragma once

#include <cstdint>

#include "headlens/formats/checkpoint.h"

namespace headlens {

/// Draws every tensor of numbers anew: independent normals with the tensor's own mean and standard
/// deviation, each tensor from `seed` and its name, so that neither order nor threads matter. What
/// is left is a model of the same architecture and scale that has learnt nothing. Integers, masks
/// and tables of rotary frequencies, which no training sets, stay as they are. The new weights are
/// float32 in memory that the checkpoint owns.
/// @throws CancelledError  if cancellation was requested meanwhile
void draw_random_weights(Checkpoint& checkpoint, std::uint64_t seed);

}  // namespace headlens
