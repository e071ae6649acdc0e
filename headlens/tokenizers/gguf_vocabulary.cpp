#include "headlens/tokenizers/gguf_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

std::string key_of(std::string_view name) { return fmt::format("tokenizer.ggml.{}", name); }

/// An id of the vocabulary; llama.cpp writes -1 for none.
std::optional<std::int32_t> token_id(const GgufFile& file, std::string_view name,
                                     std::size_t count) {
  const std::string key = key_of(name);
  const auto id = file.integer(key);
  if (!id || *id == -1 || *id == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  if (*id < 0 || static_cast<std::uint64_t>(*id) >= count) {
    throw FormatError(file.path().string(),
                      fmt::format("{} is {}, outside its vocabulary of {}", key, *id, count));
  }
  return static_cast<std::int32_t>(*id);
}

void require_same_length(const GgufFile& file, std::string_view name, std::size_t length,
                         std::size_t count) {
  if (length == 0 || length == count) return;
  throw FormatError(file.path().string(),
                    fmt::format("{} has {} entries for {} tokens", key_of(name), length, count));
}

}  // namespace

GgufVocabulary gguf_vocabulary(const GgufFile& file) {
  GgufVocabulary result;
  result.origin = file.path().string();
  result.model = file.require_string(key_of("model"));
  result.pre = file.string(key_of("pre")).value_or("default");
  const auto tokens = file.require_strings(key_of("tokens"));
  result.tokens.assign(tokens.begin(), tokens.end());
  const std::size_t count = tokens.size();
  if (const auto scores = file.numbers(key_of("scores"))) {
    result.scores.assign(scores->begin(), scores->end());
  }
  require_same_length(file, "scores", result.scores.size(), count);
  if (std::any_of(result.scores.begin(), result.scores.end(),
                  [](float score) { return std::isnan(score); })) {
    throw FormatError(result.origin, "a score of its vocabulary is not a number");
  }
  if (const auto types = file.integers(key_of("token_type"))) {
    result.token_types.assign(types->begin(), types->end());
  }
  require_same_length(file, "token_type", result.token_types.size(), count);
  if (const auto merges = file.strings(key_of("merges"))) {
    result.merges.assign(merges->begin(), merges->end());
  }
  result.bos = token_id(file, "bos_token_id", count);
  result.eos = token_id(file, "eos_token_id", count);
  result.unk = token_id(file, "unknown_token_id", count);
  result.sep = token_id(file, "seperator_token_id", count);
  if (!result.sep) result.sep = token_id(file, "separator_token_id", count);
  result.pad = token_id(file, "padding_token_id", count);
  result.cls = token_id(file, "cls_token_id", count);
  result.mask = token_id(file, "mask_token_id", count);
  result.add_bos = file.boolean(key_of("add_bos_token"));
  result.add_eos = file.boolean(key_of("add_eos_token"));
  result.add_space_prefix = file.boolean(key_of("add_space_prefix"));
  return result;
}

}  // namespace headlens
