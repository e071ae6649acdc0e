#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "headlens/run/session.h"

namespace headlens {

/// What takes the place of an ablated activation.
enum class Replacement : std::uint8_t {
  zero,
  mean,      ///< over every token of the reference texts
  resample,  ///< of one reference text, drawn for each position, at the same position
};

std::string_view to_string(Replacement replacement);
/// @throws UsageError  if there is no such replacement; lists them
Replacement parse_replacement(std::string_view name);

/// Values of a site of every layer that replace those of a run of `length` tokens, in the form of
/// Edit::values; null for zero.
/// @throws UsageError  if mean or resample have no reference text, or resample has none that is
///                     long enough; if the site holds scores or patterns
std::vector<std::shared_ptr<const Tensor>> reference_values(Session& session, SiteKind kind,
                                                            Replacement replacement,
                                                            const std::vector<TokenSequence>& texts,
                                                            std::int64_t length,
                                                            std::uint64_t seed);

}  // namespace headlens
