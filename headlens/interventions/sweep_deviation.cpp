#include "headlens/interventions/sweep_deviation.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace headlens {
namespace {

constexpr std::size_t kMostPlaces = 8;
constexpr std::size_t kMostPrompts = 4;

/// From the middles of as many equal parts, so that neither end is preferred.
std::vector<std::size_t> spread(const std::vector<std::size_t>& all, std::size_t most) {
  const std::size_t n = std::min(all.size(), most);
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < n; ++i) some.push_back(all[(2 * i + 1) * all.size() / (2 * n)]);
  return some;
}

/// Places that were computed.
std::vector<std::size_t> computed_places(const SweptPrompt& prompt) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < prompt.values.size(); ++i) {
    if (!std::isnan(prompt.values[i])) places.push_back(i);
  }
  return places;
}

/// Places that are known without running say nothing about a run; they stand in where there are no
/// others.
std::vector<std::size_t> places_to_compare(const SweptPrompt& prompt,
                                           const std::vector<std::size_t>& computed) {
  std::vector<std::size_t> moved;
  std::ranges::copy_if(computed, std::back_inserter(moved),
                       [&](std::size_t i) { return prompt.values[i] != prompt.base; });
  return spread(moved.empty() ? computed : moved, kMostPlaces);
}

std::vector<std::size_t> prompts_to_compare(std::size_t n_prompts) {
  std::vector<std::size_t> all(n_prompts);
  for (std::size_t i = 0; i < n_prompts; ++i) all[i] = i;
  return spread(all, kMostPrompts);
}

}  // namespace

bool is_f32(const Session& session, const SweepOptions& options) {
  return session.precision() == Precision::f32 && options.products == SweepProducts::exact;
}

std::optional<SweepDeviation> deviation_from_f32(Session& session, const SweepOptions& options,
                                                 const SweptValues& swept) {
  if (is_f32(session, options) || swept.prompts.empty()) return std::nullopt;
  const std::vector<std::size_t> prompts = prompts_to_compare(swept.prompts.size());
  const SweptPrompt& first = swept.prompts[prompts.front()];
  const std::vector<std::size_t> computed = computed_places(first);
  const std::vector<std::size_t> places = places_to_compare(first, computed);
  if (places.empty()) return std::nullopt;

  SweepDeviation deviation{.metric = std::string(swept.metric),
                           .places = {},
                           .of_places = std::ssize(computed),
                           .prompts = static_cast<int>(prompts.size()),
                           .of_prompts = static_cast<int>(swept.prompts.size())};
  for (const std::size_t place : places) deviation.places.push_back(swept.name(place));
  const SweepOptions exact{.products = SweepProducts::exact, .memory_bytes = options.memory_bytes};
  const auto n = static_cast<double>(prompts.size() * places.size());
  for (const std::size_t p : prompts) {
    const SweptPrompt& prompt = swept.prompts[p];
    const std::vector<double> values = swept.again(session.f32(), exact, p, places);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double value = prompt.values[places[i]], difference = std::abs(value - values[i]);
      deviation.max_abs = std::max(difference, deviation.max_abs);
      deviation.mean_abs += difference / n;
      deviation.mean_abs_effect += std::abs(value - prompt.base) / n;
    }
  }
  return deviation;
}

}  // namespace headlens
