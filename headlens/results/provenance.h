#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace headlens {

/// How far a result made at reduced precision lies from the f32 reference, measured on a sample of
/// the same prompt.
struct PrecisionDeviation {
  std::int64_t sample_tokens = 0;
  double max_abs_logit = 0;
  double mean_abs_logit = 0;
};

/// How far a sweep at reduced precision lies from f32: its metric at some of its places, each
/// computed once more in f32.
struct SweepDeviation {
  std::string metric;               ///< what the differences are differences of
  std::vector<std::string> places;  ///< that were compared, "L3H1" and the like
  std::int64_t of_places = 0;       ///< that the sweep computed
  int prompts = 0, of_prompts = 0;  ///< that each of the places was compared on
  double max_abs = 0;
  double mean_abs = 0;
  double mean_abs_effect = 0;  ///< what the same places change the metric by
};

/// Where a result came from: enough to make it again.
struct Provenance {
  std::string headlens_version;
  std::string model_name;         ///< as the user gave it
  std::string model_path;         ///< where the weights were read from
  std::string model_family;       ///< "gpt2", "gpt_neox", "llama", "bert"
  std::string model_sha256;       ///< of the weight file(s), in name order
  std::string precision = "f32";  ///< "f32", "bf16", or "bf16_deltas" from an f32 run
  std::optional<PrecisionDeviation> precision_deviation;  ///< of logits, where no sweep was made
  std::optional<SweepDeviation> sweep_deviation = {};     ///< of a sweep that was not f32
  std::optional<std::uint64_t> seed;
  std::string command_line;
  std::string created_utc;  ///< ISO 8601
};

/// One token as the model saw it.
struct TokenInfo {
  std::int32_t id = 0;
  std::string piece;  ///< the vocabulary's own spelling, e.g. "Ġcat", "##ing"
  std::string text;   ///< the bytes it stands for, e.g. " cat"; may be part of a UTF-8 character
  std::int64_t char_begin = 0;  ///< span in the prompt, in Unicode code points; empty for specials
  std::int64_t char_end = 0;
  bool special = false;  ///< added by the tokenizer (BOS, CLS, SEP ...), not part of the prompt
};

/// The text and exactly the tokens it became.
struct PromptTokens {
  std::string text;
  std::vector<TokenInfo> tokens;
  std::string bos;  ///< the first special token that was prepended, or "none"
};

/// A token with what the model gives it.
struct Prediction {
  std::int32_t id = 0;
  std::string token;  ///< decoded text
  double probability = 0;
  double logit = 0;
};

}  // namespace headlens
