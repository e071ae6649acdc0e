#include "benchmarks/worker/measure.h"

#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <string>

namespace headlens::bench {
namespace {

void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::int64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

Measured measure(const std::function<void()>& work) {
  reset_peak_memory();
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {elapsed.count(), peak_memory_bytes()};
}

}  // namespace headlens::bench
