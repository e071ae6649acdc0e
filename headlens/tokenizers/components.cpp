#include "headlens/tokenizers/components.h"

namespace headlens {

using nlohmann::json;

const std::string_view kLlama3Split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kQwen2Split =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string_view kTekkenSplit =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

json byte_level_pre_tokenizer(const WordSplit& split) {
  json byte_level = {{"type", "ByteLevel"},
                     {"add_prefix_space", split.add_prefix_space},
                     {"trim_offsets", true},
                     {"use_regex", split.regex.empty()}};
  json steps = json::array();
  if (split.single_digits) steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
  if (!split.regex.empty()) {
    steps.push_back({{"type", "Split"},
                     {"pattern", {{"Regex", split.regex}}},
                     {"behavior", "Isolated"},
                     {"invert", false}});
  }
  if (steps.empty()) return byte_level;
  steps.push_back(byte_level);
  return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

json byte_level_decoder() {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", true},
          {"trim_offsets", true},
          {"use_regex", true}};
}

json nfc_normalizer() { return {{"type", "NFC"}}; }

json bert_normalizer(bool lower_case, bool split_chinese, std::optional<bool> strip_accents) {
  return {{"type", "BertNormalizer"},
          {"clean_text", true},
          {"handle_chinese_chars", split_chinese},
          {"strip_accents", strip_accents ? json(*strip_accents) : json()},
          {"lowercase", lower_case}};
}

json bert_pre_tokenizer() { return {{"type", "BertPreTokenizer"}}; }

json wordpiece_decoder() { return {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}; }

json metaspace_pre_tokenizer(bool add_prefix_space) {
  return {{"type", "Metaspace"},
          {"replacement", "\u2581"},
          {"prepend_scheme", add_prefix_space ? "first" : "never"},
          {"split", false}};
}

json metaspace_decoder(bool add_prefix_space) {
  json steps = {{{"type", "Replace"}, {"pattern", {{"String", "\u2581"}}}, {"content", " "}},
                {{"type", "ByteFallback"}},
                {{"type", "Fuse"}}};
  if (add_prefix_space) {
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  return {{"type", "Sequence"}, {"decoders", steps}};
}

json surrounding_tokens(const std::optional<EndToken>& first, const std::optional<EndToken>& last) {
  json single = json::array();
  json pair = json::array();
  json special = json::object();
  const auto add = [&](const std::optional<EndToken>& token, json& to, int type) {
    if (!token) return;
    to.push_back({{"SpecialToken", {{"id", token->piece}, {"type_id", type}}}});
    special[token->piece] = {
        {"id", token->piece}, {"ids", {token->id}}, {"tokens", {token->piece}}};
  };
  add(first, single, 0);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  add(last, single, 0);
  pair = single;
  pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
  add(last, pair, 1);
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", special}};
}

json roberta_processor(const EndToken& cls, const EndToken& sep, bool trim_offsets,
                       bool add_prefix_space) {
  return {{"type", "RobertaProcessing"},
          {"sep", {sep.piece, sep.id}},
          {"cls", {cls.piece, cls.id}},
          {"trim_offsets", trim_offsets},
          {"add_prefix_space", add_prefix_space}};
}

json added_token(const AddedToken& token) {
  return {{"content", token.piece},         {"special", token.special},
          {"normalized", token.normalized}, {"lstrip", token.left_strip},
          {"rstrip", token.right_strip},    {"single_word", token.single_word}};
}

}  // namespace headlens
