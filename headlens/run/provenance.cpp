#include "headlens/run/provenance.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "headlens/hub/model_hash.h"
#include "headlens/run/version.h"

namespace headlens {
namespace {

constexpr std::size_t kSampleTokens = 16;

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[sizeof "2000-01-01T00:00:00Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Provenance provenance_of(const Session& session) {
  Provenance provenance;
  provenance.headlens_version = kVersion;
  provenance.model_name = session.identity().name;
  provenance.model_path = session.identity().path.string();
  provenance.model_family = session.spec().family;
  provenance.model_sha256 = model_sha256(session.identity());
  provenance.precision = to_string(session.precision());
  provenance.created_utc = now_utc();
  return provenance;
}

PrecisionDeviation measure_deviation(Session& session, const TokenSequence& sequence) {
  TokenSequence sample = sequence;
  sample.ids.resize(std::min(sample.ids.size(), kSampleTokens));
  if (!sample.type_ids.empty()) sample.type_ids.resize(sample.ids.size());
  RunOutput exact = session.f32().run({sample}), rounded = session.run({sample});
  const bool has_tokens = !exact.logits.empty();
  const Tensor& a = has_tokens ? exact.logits : exact.class_logits;
  const Tensor& b = has_tokens ? rounded.logits : rounded.class_logits;
  PrecisionDeviation deviation{.sample_tokens = static_cast<std::int64_t>(sample.ids.size())};
  for (std::int64_t i = 0; i < a.element_count(); ++i) {
    const double difference = std::abs(static_cast<double>(a.data()[i]) - b.data()[i]);
    deviation.max_abs_logit = std::max(deviation.max_abs_logit, difference);
    deviation.mean_abs_logit += difference / static_cast<double>(a.element_count());
  }
  return deviation;
}

}  // namespace headlens
