#pragma once

#include <memory>
#include <vector>

#include "headlens/run/session.h"

namespace headlens {

/// A site of every layer of one run, in the form of Edit::values.
std::vector<std::shared_ptr<const Tensor>> site_values(Session& session, SiteKind kind,
                                                       const TokenSequence& tokens);

}  // namespace headlens
