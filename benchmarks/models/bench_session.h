#pragma once

#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "headlens/base/errors.h"
#include "headlens/run/session.h"

namespace headlens::bench {

inline constexpr const char* kModel = "smollm2-135m";

/// The model where it is on this machine; else the benchmark is marked as skipped, with the reason.
inline std::optional<ResolvedModel> find_model(benchmark::State& state) {
  try {
    return resolve_model(kModel);
  } catch (const Error& error) {
    const std::string reason = std::string("skipped, `./run models` brings it: ") + error.what();
    state.SkipWithError(reason.c_str());
    return std::nullopt;
  }
}

/// Token ids spread over the vocabulary, always the same.
inline TokenSequence some_tokens(std::int64_t n, std::int64_t vocabulary) {
  TokenSequence sequence;
  for (std::int64_t i = 0; i < n; ++i) {
    sequence.ids.push_back(static_cast<std::int32_t>((i * 7919 + 504) % vocabulary));
  }
  return sequence;
}

}  // namespace headlens::bench
