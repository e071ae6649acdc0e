#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/tokenizers/components.h"
#include "headlens/tokenizers/gguf_pre_tokenizers.h"
#include "headlens/tokenizers/gguf_vocabulary.h"
#include "headlens/tokenizers/sentencepiece_merges.h"
#include "headlens/tokenizers/tokenizer_parts.h"

namespace headlens {
namespace {

using nlohmann::json;

bool has_type(const GgufVocabulary& vocabulary, std::size_t id, GgufTokenType type) {
  return !vocabulary.token_types.empty() &&
         vocabulary.token_types[id] == static_cast<std::int32_t>(type);
}

std::optional<EndToken> end_token(const GgufVocabulary& vocabulary,
                                  const std::optional<std::int32_t>& id) {
  if (!id) return std::nullopt;
  return EndToken{std::string(vocabulary.tokens[static_cast<std::size_t>(*id)]), *id};
}

/// Control tokens, and those with a role, are special; user-defined ones are only kept whole.
json added_tokens(const GgufVocabulary& vocabulary) {
  const auto& v = vocabulary;
  std::vector<bool> special(v.tokens.size());
  for (const auto& id : {v.bos, v.eos, v.unk, v.sep, v.pad, v.cls, v.mask}) {
    if (id) special[static_cast<std::size_t>(*id)] = true;
  }
  json tokens = json::array();
  for (std::size_t id = 0; id < v.tokens.size(); ++id) {
    const bool is_special = special[id] || has_type(v, id, GgufTokenType::control);
    if (is_special || has_type(v, id, GgufTokenType::user_defined)) {
      tokens.push_back(added_token({.piece = std::string(v.tokens[id]), .special = is_special}));
    }
  }
  return tokens;
}

/// The token that `add` asks for at an end of the text.
std::optional<EndToken> wanted(const GgufVocabulary& vocabulary, bool add,
                               const std::optional<std::int32_t>& id, std::string_view name) {
  if (!add) return std::nullopt;
  if (!id) {
    throw FormatError(vocabulary.origin,
                      fmt::format("asks to add {} to every text but names no such token", name));
  }
  return end_token(vocabulary, id);
}

json bos_and_eos(const GgufVocabulary& vocabulary, bool bos_by_default, bool eos_by_default) {
  return surrounding_tokens(
      wanted(vocabulary, vocabulary.add_bos.value_or(bos_by_default && vocabulary.bos),
             vocabulary.bos, "BOS"),
      wanted(vocabulary, vocabulary.add_eos.value_or(eos_by_default && vocabulary.eos),
             vocabulary.eos, "EOS"));
}

Tokenizer byte_level_tokenizer(const GgufVocabulary& vocabulary) {
  const GgufPreTokenizer pre = gguf_pre_tokenizer(vocabulary.pre, vocabulary.origin);
  TokenizerParts parts;
  parts.pieces = vocabulary.tokens;
  parts.merges.reserve(vocabulary.merges.size());
  for (const std::string_view merge : vocabulary.merges) {
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos) {
      throw FormatError(vocabulary.origin,
                        fmt::format("merge \"{}\" does not have two parts", merge));
    }
    parts.merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  parts.ignore_merges = pre.ignore_merges;
  if (pre.normalize_nfc) parts.components["normalizer"] = nfc_normalizer();
  WordSplit split = pre.split;
  split.add_prefix_space = vocabulary.add_space_prefix.value_or(false);
  parts.components["pre_tokenizer"] = byte_level_pre_tokenizer(split);
  parts.components["decoder"] = byte_level_decoder();
  parts.components["post_processor"] =
      bos_and_eos(vocabulary, pre.surrounds_text, pre.surrounds_text);
  parts.components["added_tokens"] = added_tokens(vocabulary);
  return build_tokenizer(parts, vocabulary.origin);
}

Tokenizer sentencepiece_tokenizer(const GgufVocabulary& vocabulary) {
  TokenizerParts parts;
  parts.pieces = vocabulary.tokens;
  parts.merges = sentencepiece_merges(vocabulary);
  parts.byte_fallback = true;
  parts.fuse_unknown = true;
  const bool prefix = vocabulary.add_space_prefix.value_or(true);
  parts.components["pre_tokenizer"] = metaspace_pre_tokenizer(prefix);
  parts.components["decoder"] = metaspace_decoder(prefix);
  parts.components["post_processor"] = bos_and_eos(vocabulary, true, false);
  parts.components["added_tokens"] = added_tokens(vocabulary);
  return build_tokenizer(parts, vocabulary.origin);
}

/// GGUF marks the pieces that begin a word, BERT those that continue one.
std::string wordpiece_of(const GgufVocabulary& vocabulary, std::size_t id) {
  constexpr std::string_view kWordStart = "\u2581";
  const std::string_view token = vocabulary.tokens[id];
  const bool bracketed = token.size() > 2 && token.front() == '[' && token.back() == ']';
  if (has_type(vocabulary, id, GgufTokenType::control) || bracketed) return std::string(token);
  if (token.starts_with(kWordStart)) return std::string(token.substr(kWordStart.size()));
  return "##" + std::string(token);
}

bool has_capital(std::string_view piece) {
  return std::any_of(piece.begin(), piece.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string piece_or(const std::vector<std::string>& pieces, std::optional<std::int32_t> id,
                     std::string_view otherwise) {
  return id ? pieces[static_cast<std::size_t>(*id)] : std::string(otherwise);
}

EndToken required_token(const GgufVocabulary& vocabulary, const std::vector<std::string>& pieces,
                        const std::string& piece) {
  const auto found = std::find(pieces.begin(), pieces.end(), piece);
  if (found == pieces.end()) {
    throw FormatError(vocabulary.origin, fmt::format("its vocabulary has no {}", piece));
  }
  return {piece, static_cast<std::int32_t>(found - pieces.begin())};
}

Tokenizer wordpiece_tokenizer(const GgufVocabulary& vocabulary) {
  std::vector<std::string> pieces;
  pieces.reserve(vocabulary.tokens.size());
  bool cased = false;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    pieces.push_back(wordpiece_of(vocabulary, id));
    const std::string& piece = pieces.back();
    cased = cased || (!piece.starts_with('[') && has_capital(piece));
  }
  const auto& v = vocabulary;
  const EndToken cls = required_token(v, pieces, piece_or(pieces, v.cls ? v.cls : v.bos, "[CLS]"));
  const EndToken sep = required_token(v, pieces, piece_or(pieces, v.sep ? v.sep : v.eos, "[SEP]"));
  TokenizerParts parts;
  parts.model = TokenizerParts::Model::wordpiece;
  parts.pieces.assign(pieces.begin(), pieces.end());
  parts.unknown = required_token(v, pieces, piece_or(pieces, v.unk, "[UNK]")).piece;
  parts.components["normalizer"] = bert_normalizer(!cased, true, std::nullopt);
  parts.components["pre_tokenizer"] = bert_pre_tokenizer();
  parts.components["decoder"] = wordpiece_decoder();
  parts.components["post_processor"] = surrounding_tokens(cls, sep);
  json added = added_tokens(vocabulary);
  for (const std::string& piece : {parts.unknown, cls.piece, sep.piece}) {
    added.push_back(added_token({.piece = piece}));
  }
  parts.components["added_tokens"] = std::move(added);
  return build_tokenizer(parts, vocabulary.origin);
}

}  // namespace

Tokenizer tokenizer_from_gguf(const GgufVocabulary& vocabulary) {
  if (vocabulary.model == "gpt2") return byte_level_tokenizer(vocabulary);
  if (vocabulary.model == "llama") return sentencepiece_tokenizer(vocabulary);
  if (vocabulary.model == "bert") return wordpiece_tokenizer(vocabulary);
  throw UnsupportedError(
      fmt::format("{}: its tokenizer is of the kind \"{}\"; supported are gpt2, llama and bert",
                  vocabulary.origin, vocabulary.model));
}

}  // namespace headlens
