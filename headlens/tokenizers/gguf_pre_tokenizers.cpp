#include "headlens/tokenizers/gguf_pre_tokenizers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

enum class Split { gpt2, digits, llama3, qwen2, tekken };

struct Entry {
  std::string_view name;
  Split split;
  bool normalize_nfc = false;
  bool ignore_merges = false;
  bool surrounds_text = false;
};

constexpr std::array kEntries{
    Entry{.name = "default", .split = Split::gpt2},
    Entry{.name = "gpt-2", .split = Split::gpt2},
    Entry{.name = "mpt", .split = Split::gpt2, .normalize_nfc = true},
    Entry{.name = "olmo", .split = Split::gpt2, .normalize_nfc = true},
    Entry{.name = "roberta-bpe", .split = Split::gpt2, .surrounds_text = true},
    Entry{.name = "smollm", .split = Split::digits},
    Entry{.name = "starcoder", .split = Split::digits},
    Entry{.name = "refact", .split = Split::digits},
    Entry{.name = "codeshell", .split = Split::digits},
    Entry{.name = "command-r", .split = Split::digits, .normalize_nfc = true},
    Entry{.name = "llama-bpe", .split = Split::llama3, .ignore_merges = true},
    Entry{.name = "llama3", .split = Split::llama3, .ignore_merges = true},
    Entry{.name = "llama-v3", .split = Split::llama3, .ignore_merges = true},
    Entry{.name = "smaug-bpe", .split = Split::llama3, .ignore_merges = true},
    Entry{.name = "qwen2", .split = Split::qwen2, .normalize_nfc = true},
    Entry{.name = "tekken", .split = Split::tekken, .ignore_merges = true},
};

WordSplit word_split(Split split) {
  switch (split) {
    case Split::gpt2:
      break;
    case Split::digits:
      return {.single_digits = true};
    case Split::llama3:
      return {.regex = std::string(kLlama3Split)};
    case Split::qwen2:
      return {.regex = std::string(kQwen2Split)};
    case Split::tekken:
      return {.regex = std::string(kTekkenSplit)};
  }
  return {};
}

}  // namespace

GgufPreTokenizer gguf_pre_tokenizer(std::string_view pre, std::string_view origin_for_errors) {
  std::vector<std::string_view> names;
  for (const Entry& entry : kEntries) {
    if (entry.name == pre) {
      return {.split = word_split(entry.split),
              .normalize_nfc = entry.normalize_nfc,
              .ignore_merges = entry.ignore_merges,
              .surrounds_text = entry.surrounds_text};
    }
    names.push_back(entry.name);
  }
  throw UnsupportedError(
      fmt::format("{}: its pre-tokenizer \"{}\" is not supported; supported are {}",
                  origin_for_errors, pre, fmt::join(names, ", ")));
}

}  // namespace headlens
