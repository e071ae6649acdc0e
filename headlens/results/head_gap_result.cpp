#include "headlens/results/head_gap_result.h"

#include <cstdio>

namespace headlens {
namespace {

constexpr double kAlpha = 0.05;

std::string signed_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%+.3f", value);
  return text;
}

std::string share(std::int64_t part, std::int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.0f%%",
                whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0.0);
  return std::to_string(part) + " of " + std::to_string(whole) + " (" + text + ")";
}

}  // namespace

std::vector<std::string> head_gap_conclusion(const HeadGapResult& result) {
  const HeadGapCounts& found = result.of_positive;
  const std::int64_t missed = found.only_probe + found.neither;
  std::vector<std::string> sentences;
  sentences.push_back("The head misses " + share(missed, result.positives) + " examples of " +
                      result.positive + "; of these the earlier layer's probe finds " +
                      std::to_string(found.only_probe) + ", and the head finds " +
                      std::to_string(found.only_head) + " that the probe misses.");
  const std::string difference = "F1 of probe less head is " + signed_text(result.f1_difference) +
                                 " [" + signed_text(result.f1_low) + ", " +
                                 signed_text(result.f1_high) + "]";
  if (result.f1_p > kAlpha) {
    sentences.push_back(difference +
                        ", no more than chance: the two err on different examples, but these data "
                        "do not show that the earlier layer tells more than the last.");
  } else if (result.f1_difference > 0) {
    sentences.push_back(
        difference +
        ", more than chance: the earlier layer tells linearly what the last layer's "
        "head does not use.");
  } else {
    sentences.push_back(difference + ": the head on the last layer is the better of the two.");
  }
  sentences.push_back(
      "Layer and C were chosen on each fold's training rows; two classifiers trained on the same "
      "layer would disagree on some examples too.");
  return sentences;
}

}  // namespace headlens
