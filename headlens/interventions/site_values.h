#pragma once

#include <memory>
#include <vector>

#include "headlens/models/base_run.h"
#include "headlens/run/session.h"

namespace headlens {

/// A site of every layer of one run, in the form of Edit::values.
std::vector<std::shared_ptr<const Tensor>> site_values(Session& session, SiteKind kind,
                                                       const TokenSequence& tokens);

/// The same of a recorded run, without running it again where the record has the site.
/// @return  may point into the record
std::vector<std::shared_ptr<const Tensor>> site_values(Session& session, SiteKind kind,
                                                       const BaseRun& recorded);

}  // namespace headlens
