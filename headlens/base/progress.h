#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace headlens {

/// How far long work has come. The library calls it; whoever passes it decides how to show it.
struct Progress {
  std::string_view stage;   ///< what is being done, e.g. "loading layers"
  std::uint64_t done = 0;   ///< in `unit`s
  std::uint64_t total = 0;  ///< 0 if unknown
  std::string_view unit;    ///< e.g. "layers", "bytes"
};

/// May be empty. Called from one thread at a time.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace headlens
