#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headlens/results/provenance.h"

namespace headlens {

/// What a model predicts, over all predicted tokens of the held-out sentences.
struct AmnesicMeasure {
  double loss_nats = 0;  ///< mean of -log p of the right token
  double accuracy = 0;   ///< share of tokens that the model thought the most probable
  double kl_nats = 0;    ///< KL(unedited || this), mean; 0 of the unedited model
};

/// How much one condition's loss is above another's, token-weighted over sentences.
struct AmnesicDifference {
  double mean_nats = 0;
  double low_nats = 0, high_nats = 0;  ///< bootstrap over sentences
  double p = 1;                        ///< two-sided sign-flip test over sentences
  double p_holm = 1;                   ///< corrected over the layers
};

/// One layer with the concept erased from its hidden state.
struct AmnesicLayer {
  int layer = 0;          ///< hidden state: 0 the embeddings
  std::string site = {};  ///< where that is read and written
  std::int64_t rank = 0;
  bool inlp_converged = true;  ///< of inlp: its last classifier was no better than guessing

  // Accuracy on the held-out words of a probe trained on the training words' states.
  double probe_before = 0;
  double probe_after = 0;   ///< trained and tested after the concept was erased
  double probe_random = 0;  ///< the same, after as many random directions were
  // Median over held-out words of |x' - x| / |x|.
  double change = 0, random_change = 0;

  AmnesicMeasure erased = {};
  std::vector<AmnesicMeasure> random = {};  ///< one a seed
  AmnesicMeasure restored = {};             ///< erased, and each word's label given back

  AmnesicDifference over_base = {};      ///< erased - unedited
  AmnesicDifference over_random = {};    ///< erased - mean of random
  AmnesicDifference over_restored = {};  ///< erased - restored
};

/// Amnesic probing: does the model's own prediction change when a concept is erased?
struct AmnesicResult {
  Provenance provenance;
  std::string task, column;
  std::string data, test_data;  ///< files, or names of built-in corpora; test_data may be empty
  std::string method;           ///< "leace" or "inlp"
  std::string places;           ///< what is erased: "tokens" or "words"
  std::string predicts;         ///< "next token" or "masked token"
  std::string pooling;
  std::vector<std::string> classes;
  double majority = 0;  ///< share of the training words' largest class among held-out words
  std::int64_t train_words = 0, test_words = 0;  ///< or sentences, where those are labelled
  std::int64_t sentences = 0, predicted_tokens = 0;
  double confidence = 0.95;
  int resamples = 0;
  AmnesicMeasure base;
  std::vector<AmnesicLayer> layers;
};

/// Mean over the seeds; NaN where there are none.
AmnesicMeasure mean_random(const AmnesicLayer& layer);

/// The significance level of the conclusion.
inline constexpr double kAmnesicAlpha = 0.05;

/// What the numbers say and what they do not, in plain sentences.
std::vector<std::string> amnesic_conclusion(const AmnesicResult& result);

}  // namespace headlens
