#include "headlens/run/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/kernels/softmax.h"
#include "headlens/run/mask_token.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

int masked_position(const Session& session, const Prompt& prompt) {
  const std::int32_t id = mask_token(session);
  const auto found = std::ranges::find(prompt.sequence.ids, id);
  if (found != prompt.sequence.ids.end()) {
    return static_cast<int>(found - prompt.sequence.ids.begin());
  }
  throw UsageError("this is a masked language model: put " + session.tokenizer().piece(id) +
                   " into the prompt where it should predict");
}

std::vector<int> best(const float* logits, std::int64_t n, int top_k) {
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + top_k, order.end(), [&](int a, int b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  order.resize(top_k);
  return order;
}

double probability(float logit, const LogSumExp& total) {
  return std::exp(static_cast<double>(logit) - total.maximum) / total.sum;
}

void add_classes(const Session& session, const Tensor& class_logits, RunResult& result) {
  const auto& labels = session.spec().classifier->labels;
  const auto n = static_cast<std::int64_t>(labels.size());
  const float* logits = class_logits.data() + class_logits.element_count() - n;
  const LogSumExp total = log_sum_exp(logits, n);
  for (std::int64_t i = 0; i < n; ++i) {
    result.classes.push_back({.id = static_cast<std::int32_t>(i),
                              .token = labels[i],
                              .probability = probability(logits[i], total),
                              .logit = logits[i]});
  }
}

}  // namespace

std::vector<Prediction> top_predictions(const Session& session, const float* logits, int top_k) {
  const std::int64_t n = session.spec().vocab_size;
  const LogSumExp total = log_sum_exp(logits, n);
  std::vector<Prediction> top;
  for (const int id : best(logits, n, top_k)) {
    top.push_back({.id = id,
                   .token = token_text(session.tokenizer(), id),
                   .probability = probability(logits[id], total),
                   .logit = logits[id]});
  }
  return top;
}

RunResult predict(Session& session, const Prompt& prompt, int top_k) {
  const ModelSpec& spec = session.spec();
  if (spec.output == OutputKind::hidden_states) {
    throw UnsupportedError(session.identity().name +
                           " is an encoder without a prediction head; use headlens attention");
  }
  if (spec.predicts_tokens() && (top_k < 1 || top_k > spec.vocab_size)) {
    throw UsageError("top-k must be from 1 to " + std::to_string(spec.vocab_size));
  }
  RunResult result;
  result.prompt = prompt.tokens;
  const bool masked = spec.output == OutputKind::masked_token;
  const int last = static_cast<int>(prompt.sequence.ids.size()) - 1;
  result.position = masked ? masked_position(session, prompt) : last;
  const RunOutput run =
      session.run({prompt.sequence}, {.logits = masked ? Logits::all : Logits::last});
  if (spec.classifier) add_classes(session, run.class_logits, result);
  if (spec.predicts_tokens()) {
    const float* logits = run.logits.data() + (masked ? result.position * spec.vocab_size : 0);
    result.top = top_predictions(session, logits, top_k);
  }
  result.provenance = provenance_of(session);
  return result;
}

}  // namespace headlens
