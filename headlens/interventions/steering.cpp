#include "headlens/interventions/steering.h"

#include <algorithm>
#include <cmath>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/kernels/softmax.h"
#include "headlens/run/predict.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

void check(const Session& session, const Tensor& vector, const SteerOptions& options) {
  const ModelSpec& spec = session.spec();
  if (spec.output != OutputKind::next_token) {
    throw UnsupportedError(session.identity().name +
                           " writes no text; steer a causal language model");
  }
  if (options.layer < 0 || options.layer >= spec.n_layers()) {
    throw UsageError("layer " + std::to_string(options.layer) +
                     " does not exist: " + session.identity().name + " has layers 0 to " +
                     std::to_string(spec.n_layers() - 1));
  }
  if (vector.element_count() != spec.d_model) {
    throw ShapeError("steering vector", std::to_string(spec.d_model) + " numbers",
                     to_string(vector.shape()));
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(vector.values(), finite) || !std::isfinite(options.scale)) {
    throw UsageError("the steering vector or its scale is not finite");
  }
}

double norm_of(const float* values, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(values[i]) * values[i];
  return std::sqrt(sum);
}

/// The next token's logits with the vector added.
Tensor next_logits(Session& session, const TokenSequence& tokens, const HookSet& hooks) {
  return std::move(session.run_with_hooks({tokens}, hooks, {.logits = Logits::last}).logits);
}

std::string continuation(Session& session, TokenSequence tokens, const HookSet& hooks, int count) {
  const std::size_t first = tokens.ids.size();
  for (int i = 0; i < count; ++i) {
    check_cancellation();
    if (static_cast<std::int64_t>(tokens.ids.size()) >= session.spec().n_context) break;
    const Tensor logits = next_logits(session, tokens, hooks);
    const auto values = logits.values();
    tokens.ids.push_back(
        static_cast<std::int32_t>(std::ranges::max_element(values) - values.begin()));
    if (!tokens.type_ids.empty()) tokens.type_ids.push_back(0);
  }
  return session.tokenizer().decode(std::span(tokens.ids).subspan(first), SpecialTokens::none);
}

double kl(const Tensor& base, const Tensor& steered) {
  const std::int64_t n = base.element_count();
  const LogSumExp p = log_sum_exp(base.data(), n), q = log_sum_exp(steered.data(), n);
  const double log_p = p.maximum + std::log(p.sum), log_q = q.maximum + std::log(q.sum);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double here = base.data()[i] - log_p;
    sum += std::exp(here) * (here - (steered.data()[i] - log_q));
  }
  return std::max(0.0, sum);
}

}  // namespace

Tensor contrast_vector(Session& session, const Prompt& toward, const Prompt& away, int layer) {
  const std::int64_t n = session.spec().d_model;
  if (layer < 0 || layer >= session.spec().n_layers()) {
    throw UsageError("layer " + std::to_string(layer) + " does not exist");
  }
  const Site site{SiteKind::resid_post, layer};
  Tensor vector({n});
  const auto last_row = [&](const Prompt& prompt, const RunOutput& run) {
    return run.cache.at(site).data() + (std::ssize(prompt.sequence.ids) - 1) * n;
  };
  const RunOutput a = session.run_with_cache({toward.sequence}, {site}, {.logits = Logits::none});
  const RunOutput b = session.run_with_cache({away.sequence}, {site}, {.logits = Logits::none});
  for (std::int64_t i = 0; i < n; ++i) {
    vector.data()[i] = last_row(toward, a)[i] - last_row(away, b)[i];
  }
  return vector;
}

SteerResult steer(Session& session, const Prompt& prompt, const Tensor& vector,
                  const SteerOptions& options) {
  check(session, vector, options);
  const std::int64_t n = session.spec().d_model;
  const Site site{SiteKind::resid_post, options.layer};
  const auto scale = static_cast<float>(options.scale);
  HookSet added;
  added.edit(site, [&](Tensor& value) {
    for (std::int64_t i = 0; i < value.element_count(); ++i) {
      value.data()[i] += scale * vector.data()[i % n];
    }
  });
  SteerResult result;
  const Tensor base = next_logits(session, prompt.sequence, {});
  const Tensor steered = next_logits(session, prompt.sequence, added);
  result.base_top = top_predictions(session, base.data(), options.top_k);
  result.steered_top = top_predictions(session, steered.data(), options.top_k);
  result.kl_nats = kl(base, steered);
  result.base_text = continuation(session, prompt.sequence, {}, options.continuation);
  result.steered_text = continuation(session, prompt.sequence, added, options.continuation);
  const RunOutput run = session.run_with_cache({prompt.sequence}, {site}, {.logits = Logits::none});
  const std::int64_t length = std::ssize(prompt.sequence.ids);
  for (std::int64_t p = 0; p < length; ++p) {
    result.activation_norm +=
        norm_of(run.cache.at(site).data() + p * n, n) / static_cast<double>(length);
  }
  result.vector_norm = std::abs(options.scale) * norm_of(vector.data(), n);
  result.prompt = prompt.tokens;
  result.site = "resid_post";
  result.layer = options.layer;
  result.scale = options.scale;
  result.provenance = provenance_of(session);
  return result;
}

}  // namespace headlens
