#include "headlens/interventions/reference.h"

#include <algorithm>
#include <array>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/interventions/variant.h"

namespace headlens {
namespace {

constexpr std::array<std::string_view, 3> kNames{"zero", "mean", "resample"};

/// Texts that run together.
constexpr std::size_t kTextsAtOnce = 16;

std::vector<Site> sites_of(SiteKind kind, const ModelSpec& spec) {
  std::vector<Site> sites;
  for (int layer = 0; layer < spec.n_layers(); ++layer) sites.push_back({kind, layer});
  return sites;
}

/// Calls body(layer, text, rows of the text) for all layers and texts.
template <typename Body>
void for_each_text(Session& session, SiteKind kind, const std::vector<TokenSequence>& texts,
                   const Body& body) {
  for (std::size_t first = 0; first < texts.size(); first += kTextsAtOnce) {
    const std::size_t end = std::min(texts.size(), first + kTextsAtOnce);
    const RunOutput run =
        session.run_with_cache({texts.begin() + first, texts.begin() + end},
                               sites_of(kind, session.spec()), {.logits = Logits::none});
    for (int layer = 0; layer < session.spec().n_layers(); ++layer) {
      const Tensor& values = run.cache.at({kind, layer});
      const std::int64_t stride = values.element_count() / values.size(0);
      for (std::size_t t = first; t < end; ++t) {
        body(layer, t, values.data() + static_cast<std::int64_t>(t - first) * stride);
      }
    }
  }
}

std::vector<std::shared_ptr<const Tensor>> shared(std::vector<Tensor> tensors) {
  std::vector<std::shared_ptr<const Tensor>> result;
  for (Tensor& tensor : tensors)
    result.push_back(std::make_shared<const Tensor>(std::move(tensor)));
  return result;
}

std::vector<std::shared_ptr<const Tensor>> means(Session& session, SiteKind kind,
                                                 const std::vector<TokenSequence>& texts) {
  const std::int64_t width = site_width(kind, session.spec().block());
  std::vector<std::vector<double>> sums(session.spec().n_layers(), std::vector<double>(width));
  std::int64_t count = 0;
  for (const TokenSequence& text : texts) count += static_cast<std::int64_t>(text.ids.size());
  for_each_text(session, kind, texts, [&](int layer, std::size_t t, const float* rows) {
    const auto n = static_cast<std::int64_t>(texts[t].ids.size()) * width;
    for (std::int64_t i = 0; i < n; ++i) sums[layer][i % width] += rows[i];
  });
  std::vector<Tensor> means;
  for (const std::vector<double>& sum : sums) {
    Tensor& mean = means.emplace_back(Shape{1, width});
    std::ranges::transform(sum, mean.data(), [&](double s) {
      return static_cast<float>(s / static_cast<double>(count));
    });
  }
  return shared(std::move(means));
}

std::vector<std::shared_ptr<const Tensor>> resampled(Session& session, SiteKind kind,
                                                     const std::vector<TokenSequence>& texts,
                                                     std::int64_t length, std::uint64_t seed) {
  const std::int64_t width = site_width(kind, session.spec().block());
  std::mt19937_64 random(seed);
  std::vector<std::size_t> source;
  for (std::int64_t position = 0; position < length; ++position) {
    std::vector<std::size_t> long_enough;
    for (std::size_t t = 0; t < texts.size(); ++t) {
      if (static_cast<std::int64_t>(texts[t].ids.size()) > position) long_enough.push_back(t);
    }
    if (long_enough.empty()) {
      throw UsageError("no reference text has more than " + std::to_string(position) +
                       " tokens, but the prompt has " + std::to_string(length) +
                       "; give longer texts");
    }
    source.push_back(long_enough[random() % long_enough.size()]);
  }
  std::vector<Tensor> values;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) {
    values.emplace_back(Shape{length, width});
  }
  for_each_text(session, kind, texts, [&](int layer, std::size_t t, const float* rows) {
    for (std::int64_t p = 0; p < length; ++p) {
      if (source[p] != t) continue;
      std::copy_n(rows + p * width, width, values[layer].data() + p * width);
    }
  });
  return shared(std::move(values));
}

}  // namespace

std::string_view to_string(Replacement replacement) {
  return kNames[static_cast<std::size_t>(replacement)];
}

Replacement parse_replacement(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<Replacement>(found - kNames.begin());
  throw UsageError("no replacement \"" + std::string(name) +
                   "\"; there are zero, mean and resample");
}

std::vector<std::shared_ptr<const Tensor>> reference_values(Session& session, SiteKind kind,
                                                            Replacement replacement,
                                                            const std::vector<TokenSequence>& texts,
                                                            std::int64_t length,
                                                            std::uint64_t seed) {
  if (replacement == Replacement::zero) {
    return std::vector<std::shared_ptr<const Tensor>>(session.spec().n_layers());
  }
  if (texts.empty()) {
    throw UsageError(std::string(to_string(replacement)) +
                     " ablation needs reference texts; give a file with --data");
  }
  if (is_pattern_site(kind)) {
    throw UsageError("scores and patterns have no " + std::string(to_string(replacement)) +
                     " over texts of other lengths; use zero, or ablate z");
  }
  return replacement == Replacement::mean ? means(session, kind, texts)
                                          : resampled(session, kind, texts, length, seed);
}

}  // namespace headlens
