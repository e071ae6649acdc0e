#include "headlens/results/amnesic_result.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace headlens {
namespace {

/// A probe this much above guessing has found something.
constexpr double kMargin = 0.02;

std::string nats(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%+.3f", value);
  return text;
}

std::string number_list(const std::vector<int>& layers) {
  std::string text;
  for (const int layer : layers) text += (text.empty() ? "" : ", ") + std::to_string(layer);
  return text;
}

std::vector<int> layers_where(const AmnesicResult& result,
                              const AmnesicDifference AmnesicLayer::*difference, double sign) {
  std::vector<int> layers;
  for (const AmnesicLayer& layer : result.layers) {
    const AmnesicDifference& found = layer.*difference;
    if (found.p_holm <= kAmnesicAlpha && sign * found.mean_nats > 0) layers.push_back(layer.layer);
  }
  return layers;
}

std::string interval(const AmnesicDifference& difference) {
  return nats(difference.mean_nats) + " nats a token [" + nats(difference.low_nats) + ", " +
         nats(difference.high_nats) + "]";
}

std::string of_layers(std::size_t n, std::size_t all) {
  return std::to_string(n) + " of " + std::to_string(all) + " layers";
}

std::string use_sentence(const AmnesicResult& result, const std::vector<int>& higher) {
  const std::string what = "Erasing " + result.column;
  const bool has_control = std::ranges::none_of(
      result.layers, [](const AmnesicLayer& layer) { return layer.random.empty(); });
  if (!has_control) {
    return what +
           " was compared with no random erasers, so that nothing can be said of whether the harm "
           "is more than that of erasing anything.";
  }
  if (higher.empty()) {
    double widest = 0;
    for (const AmnesicLayer& layer : result.layers) {
      widest = std::max(widest, layer.over_random.high_nats);
    }
    const std::string nowhere =
        what + " harmed the model's prediction at no layer more than erasing as many random " +
        "directions, beyond chance (p_holm <= 0.05)";
    if (widest == 0) return nowhere + ".";
    return nowhere + "; of these " + std::to_string(result.sentences) +
           " sentences differences up to " + nats(widest) +
           " nats a token would lie within the intervals.";
  }
  const auto most = std::ranges::max_element(result.layers, {}, [](const AmnesicLayer& layer) {
    return layer.over_random.p_holm <= kAmnesicAlpha ? layer.over_random.mean_nats
                                                     : -std::numeric_limits<double>::infinity();
  });
  return what + " harmed the model's prediction more than erasing as many random directions at " +
         of_layers(higher.size(), result.layers.size()) + " (p_holm <= 0.05), most at layer " +
         std::to_string(most->layer) + ": " + interval(most->over_random) +
         ". There the model uses what it has along these directions.";
}

std::string restored_sentence(const AmnesicResult& result) {
  const std::vector<int> back = layers_where(result, &AmnesicLayer::over_restored, 1);
  if (back.empty()) {
    return "Giving each word's label back lowered the loss at no layer, so that the harm cannot be "
           "put down to the labels themselves rather than to what else these directions carry.";
  }
  return "Giving each word's label back lowered the loss again at " +
         of_layers(back.size(), result.layers.size()) +
         " (p_holm <= 0.05): there the label itself is part of what the model uses. What of the "
         "harm stays is due to other information in the same directions.";
}

}  // namespace

AmnesicMeasure mean_random(const AmnesicLayer& layer) {
  const auto n = static_cast<double>(layer.random.size());
  if (layer.random.empty()) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    return {none, none, none};
  }
  AmnesicMeasure mean;
  for (const AmnesicMeasure& one : layer.random) {
    mean.loss_nats += one.loss_nats / n;
    mean.accuracy += one.accuracy / n;
    mean.kl_nats += one.kl_nats / n;
  }
  return mean;
}

std::vector<std::string> amnesic_conclusion(const AmnesicResult& result) {
  const std::vector<int> higher = layers_where(result, &AmnesicLayer::over_random, 1);
  const std::vector<int> lower = layers_where(result, &AmnesicLayer::over_random, -1);
  std::vector<std::string> sentences{use_sentence(result, higher)};
  if (!lower.empty()) {
    sentences.push_back("Random directions did more harm at layer " + number_list(lower) + ".");
  }
  if (!higher.empty()) sentences.push_back(restored_sentence(result));
  std::vector<int> incomplete;
  for (const AmnesicLayer& layer : result.layers) {
    if (layer.probe_after > result.majority + kMargin) incomplete.push_back(layer.layer);
  }
  if (!incomplete.empty()) {
    sentences.push_back("A fresh linear probe still reads more than the largest class at layer " +
                        number_list(incomplete) + ": the erasure is not complete there.");
  }
  sentences.push_back(
      "Only what is linearly readable at one layer was erased; later layers may compute it again "
      "from other words, and what covaries with it went with it.");
  return sentences;
}

}  // namespace headlens
