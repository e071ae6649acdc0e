#pragma once

#include <cstdint>
#include <span>

#include "headlens/probing/probe_target.h"

namespace headlens {

/// The control task of Hewitt and Liang (2019, arXiv:1909.03368): every word type draws one label
/// from the task's empirical distribution and keeps it wherever it occurs, in training and in test.
/// What a probe learns of it, it has learnt by heart. Sentences are types of their own.
/// @param rows  whose labels are the distribution: a type takes the label of one of them,
///     rows[random() % n] of std::mt19937_64(seed), types in the order of their numbers
/// @throws UsageError  if there is no row
ProbeTarget control_task(const ProbeTask& task, std::span<const std::int64_t> rows,
                         std::uint64_t seed);

}  // namespace headlens
