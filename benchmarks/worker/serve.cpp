#include "benchmarks/worker/serve.h"

#include <exception>
#include <iostream>
#include <string>

#include "benchmarks/worker/measure.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens::bench {
namespace {

nlohmann::json answer(const std::string& line, const Prepare& prepare) {
  const Request request(line);
  const std::string folder = request.save_folder();
  const PreparedCase prepared = prepare(request);
  const Measured measured = measure(prepared.work);
  nlohmann::json reply = {{"seconds", measured.seconds},
                          {"peak_rss_bytes", measured.peak_rss_bytes},
                          {"result", prepared.result()}};
  if (!folder.empty()) {
    save_arrays(folder, prepared.arrays());
    reply["arrays"] = folder;
  }
  return reply;
}

nlohmann::json answer_or_error(const std::string& line, const Prepare& prepare) {
  try {
    return answer(line, prepare);
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

/// Memory that another case left for reuse must not count in this one's peak.
void forget_other_cases(const std::string& line) {
  static std::string previous;
  const auto without_save = line.substr(0, line.find("\"save\""));
  if (without_save != previous) release_retained_memory();
  previous = without_save;
}

}  // namespace

void serve(const Prepare& prepare) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    forget_other_cases(line);
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    std::cout << answer_or_error(line, prepare).dump(-1, ' ', false, kReplace) << std::endl;
  }
}

}  // namespace headlens::bench
