#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headlens/models/base_run.h"
#include "headlens/models/model_spec.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// One number that says how a run answers a question. Answers of several tokens are read by teacher
/// forcing: the run holds the answer's tokens but its last.
enum class Metric : std::uint8_t {
  logit,             ///< of the answer, which is one token
  logit_difference,  ///< logit of the answer minus logit of the foil, one token each
  probability,       ///< of the whole answer
  log_probability,   ///< of the whole answer, nats
  rank,              ///< of the answer, one token; 1: the most probable
  kl,                ///< KL(base run || this run), nats, mean over the positions
  js,                ///< Jensen-Shannon divergence to the base run, nats, mean over the positions
  loss,              ///< mean of -log_probability over the answer's tokens, nats
  accuracy,          ///< share of the answer's tokens that are the most probable ones
};

std::string_view to_string(Metric metric);
/// @throws UsageError  if there is no such metric; lists them
Metric parse_metric(std::string_view name);
std::vector<std::string_view> metric_names();

/// Where a run is read and what is looked for there.
struct Question {
  std::vector<std::int64_t> positions;  ///< ascending; each predicts a token
  std::vector<std::int32_t> answer;     ///< one a position; empty for kl and js
  std::vector<std::int32_t> foil = {};  ///< of logit_difference
  /// What the base run predicts there, [position, vocab] log probabilities; for kl and js, set by
  /// Readout::prepare().
  Tensor base_log_probabilities = {};

  /// Those of one of the positions, [vocab]; null where none are set.
  const float* base_at(std::size_t position) const {
    if (base_log_probabilities.empty()) return nullptr;
    return base_log_probabilities.data() +
           static_cast<std::int64_t>(position) * base_log_probabilities.size(1);
  }
};

/// @throws UsageError  if the metric cannot be read so: an answer, a foil or a position is missing,
///                     is not in the vocabulary or the run, or is too long for the metric
void check_question(const Question& question, Metric metric, const ModelSpec& spec,
                    std::int64_t length);

}  // namespace headlens
