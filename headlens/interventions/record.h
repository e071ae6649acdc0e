#pragma once

#include <memory>
#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/models/base_run.h"
#include "headlens/run/session.h"

namespace headlens {

/// Runs sequences once and keeps what variants of them share.
std::vector<std::unique_ptr<BaseRun>> record_base_runs(Session& session,
                                                       const std::vector<TokenSequence>& sequences);

/// Adds what variants as differences need: every product's input and output.
void record_products(Session& session, const std::vector<std::unique_ptr<BaseRun>>& bases);

/// Bytes that the base run of a sequence takes.
std::int64_t base_run_bytes(const ModelSpec& spec, std::int64_t length, bool with_products);

/// Neighbours that together take no more than some bytes, at least one each.
/// @param bytes  of each
std::vector<Range> groups_within(std::span<const std::int64_t> bytes, std::int64_t most_bytes);

/// The site that holds a model's last hidden states.
Site last_state_site(const ModelSpec& spec);

}  // namespace headlens
