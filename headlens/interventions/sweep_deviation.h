#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headlens/interventions/sweep.h"

namespace headlens {

/// What a sweep computed of one prompt.
struct SweptPrompt {
  std::span<const double> values;  ///< the metric by place; NaN where it was not computed
  double base = 0;                 ///< the metric of the run left alone
};

/// A sweep, and how some of it is computed once more.
struct SweptValues {
  std::string_view metric;
  std::vector<SweptPrompt> prompts;  ///< all of the same places
  std::function<std::string(std::size_t place)> name;
  /// The metric of one of the prompts at some of its places, all of it computed by another session.
  std::function<std::vector<double>(Session& session, const SweepOptions& options,
                                    std::size_t prompt, const std::vector<std::size_t>& places)>
      again;
};

bool is_f32(const Session& session, const SweepOptions& options);

/// How far a sweep that was not computed in f32 lies from f32: at most 8 places, spread over those
/// that move the metric, on at most 4 of the prompts. It costs as many variants as it compares, the
/// recording of the prompts that it compares on and, of a bf16 session, loading the weights in f32.
/// @return  nothing if the sweep is f32, or if it has no values
std::optional<SweepDeviation> deviation_from_f32(Session& session, const SweepOptions& options,
                                                 const SweptValues& swept);

}  // namespace headlens
