#pragma once

#include <string>

#include "headlens/hub/model_locator.h"

namespace headlens {

/// SHA-256 of a model's weights, as 64 lower-case hexadecimal digits: of the weight file, or of all
/// of them joined in the order of their names. Kept in <cache>/hashes.json by path, size, time of
/// change and inode, so that a model is read once; a file that the hub's cache names by its SHA-256
/// is not read at all. Of random weights: of that hash and their seed. A cache that cannot be read
/// or written is done without.
/// @throws FormatError     if a weight file is missing
/// @throws CancelledError  if cancellation was requested meanwhile
std::string model_sha256(const ResolvedModel& model);

}  // namespace headlens
