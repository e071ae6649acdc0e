#pragma once

#include <cstdint>
#include <functional>

namespace headlens::bench {

struct Measured {
  double seconds = 0;
  std::int64_t peak_rss_bytes = 0;
};

/// Runs `work` once. The peak is the process's largest resident memory while it ran; where the
/// kernel does not let a process reset its mark, since the process began.
Measured measure(const std::function<void()>& work);

}  // namespace headlens::bench
