#include "headlens/interventions/metric.h"

#include <algorithm>
#include <array>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::array<std::string_view, 9> kNames{
    "logit", "logit-difference", "probability", "log-probability", "rank", "kl", "js",
    "loss",  "accuracy"};

void check_tokens(const std::vector<std::int32_t>& tokens, std::string_view what, Metric metric,
                  const Question& question, const ModelSpec& spec) {
  const std::string name(to_string(metric));
  if (tokens.empty()) throw UsageError(name + " needs " + std::string(what));
  if (tokens.size() != question.positions.size()) {
    throw UsageError(std::string(what) + " has " + std::to_string(tokens.size()) + " tokens, but " +
                     std::to_string(question.positions.size()) + " positions are read");
  }
  const bool one_token =
      metric == Metric::logit || metric == Metric::logit_difference || metric == Metric::rank;
  if (one_token && tokens.size() > 1) {
    throw UsageError(name + " reads one token, but " + std::string(what) + " has " +
                     std::to_string(tokens.size()) + "; use log-probability");
  }
  for (const std::int32_t id : tokens) {
    if (id >= 0 && id < spec.vocab_size) continue;
    throw UsageError(std::string(what) + "'s token " + std::to_string(id) +
                     " is not in the vocabulary of " + std::to_string(spec.vocab_size));
  }
}

}  // namespace

std::string_view to_string(Metric metric) { return kNames[static_cast<std::size_t>(metric)]; }

std::vector<std::string_view> metric_names() { return {kNames.begin(), kNames.end()}; }

Metric parse_metric(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<Metric>(found - kNames.begin());
  std::string all;
  for (const std::string_view known : kNames) all += (all.empty() ? "" : ", ") + std::string(known);
  throw UsageError("no metric \"" + std::string(name) + "\"; there are " + all);
}

void check_question(const Question& question, Metric metric, const ModelSpec& spec,
                    std::int64_t length) {
  if (question.positions.empty()) throw UsageError("no position is read");
  for (const std::int64_t position : question.positions) {
    if (position >= 0 && position < length) continue;
    throw UsageError("position " + std::to_string(position) + " does not exist: the prompt has " +
                     std::to_string(length) + " tokens");
  }
  if (metric != Metric::kl && metric != Metric::js) {
    check_tokens(question.answer, "the answer", metric, question, spec);
  }
  if (metric == Metric::logit_difference) {
    check_tokens(question.foil, "the foil", metric, question, spec);
  }
}

}  // namespace headlens
