#include "headlens/tokenizers/hf_vocabulary_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/formats/json_file.h"
#include "headlens/tokenizers/tokenizer_parts.h"

namespace headlens {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string_view text_of(const MappedFile& file) {
  const auto bytes = file.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void add_pieces(const json& vocabulary, const fs::path& path, TokenizerParts& parts) {
  if (!vocabulary.is_object()) throw FormatError(path.string(), "is not an object of piece to id");
  for (const auto& entry : vocabulary.items()) {
    const json& id = entry.value();
    if (!id.is_number_unsigned() ||
        id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
      throw FormatError(path.string(),
                        fmt::format("the id of piece \"{}\" is not a token id", entry.key()));
    }
    parts.pieces.push_back(entry.key());
    parts.ids.push_back(id.get<std::int32_t>());
  }
}

void add_merges(const MappedFile& file, TokenizerParts& parts) {
  for (const std::string_view line : lines_of(text_of(file))) {
    if (line.empty() || line.starts_with("#version")) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      throw FormatError(file.path().string(),
                        fmt::format("merge \"{}\" does not have two parts", line));
    }
    parts.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
}

EndToken end_token(const TokenizerParts& parts, const std::string& piece, const fs::path& path) {
  const auto found = std::find(parts.pieces.begin(), parts.pieces.end(), piece);
  if (found == parts.pieces.end()) {
    throw FormatError(path.string(), fmt::format("has no {}, which every text needs", piece));
  }
  const auto index = found - parts.pieces.begin();
  return {piece, parts.ids.empty() ? static_cast<std::int32_t>(index)
                                   : parts.ids[static_cast<std::size_t>(index)]};
}

std::string token_or(const HfSettings& settings, std::string_view name,
                     std::string_view otherwise) {
  return settings.special_token(name).value_or(std::string(otherwise));
}

/// BOS and EOS where tokenizer_config.json asks for them.
json asked_for_ends(const HfSettings& settings, const TokenizerParts& parts,
                    std::string_view default_piece, const fs::path& path) {
  const auto token = [&](const char* flag, const char* name) -> std::optional<EndToken> {
    if (!settings.flag(flag).value_or(false)) return std::nullopt;
    return end_token(parts, token_or(settings, name, default_piece), path);
  };
  return surrounding_tokens(token("add_bos_token", "bos_token"),
                            token("add_eos_token", "eos_token"));
}

/// Tokens that a class has whether or not the files name them come first, in the class's order.
json special_tokens(const HfSettings& settings,
                    const std::vector<std::pair<const char*, const char*>>& of_class) {
  json tokens = json::array();
  for (const auto& [name, piece] : of_class) {
    if (!settings.special_token(name)) tokens.push_back(added_token({.piece = piece}));
  }
  for (const json& token : settings.absent_tokens()) tokens.push_back(token);
  return tokens;
}

void shape_like_roberta(const HfSettings& settings, const fs::path& path, bool prefix_space,
                        TokenizerParts& parts) {
  const EndToken cls = end_token(parts, token_or(settings, "cls_token", "<s>"), path);
  const EndToken sep = end_token(parts, token_or(settings, "sep_token", "</s>"), path);
  parts.components["post_processor"] =
      roberta_processor(cls, sep, settings.flag("trim_offsets").value_or(true), prefix_space);
  parts.components["absent_tokens"] = special_tokens(settings, {{"bos_token", "<s>"},
                                                                {"eos_token", "</s>"},
                                                                {"unk_token", "<unk>"},
                                                                {"sep_token", "</s>"},
                                                                {"pad_token", "<pad>"},
                                                                {"cls_token", "<s>"},
                                                                {"mask_token", "<mask>"}});
}

/// Everything around the merges that the tokenizer's class decides.
void shape_by_class(const HfSettings& settings, const fs::path& path, TokenizerParts& parts) {
  const std::string& name = settings.tokenizer_class();
  WordSplit split{.add_prefix_space = settings.flag("add_prefix_space").value_or(false)};
  if (name == "RobertaTokenizer") {
    shape_like_roberta(settings, path, split.add_prefix_space, parts);
  } else if (name.empty() || name == "GPT2Tokenizer" || name == "GPTNeoXTokenizer" ||
             name == "Qwen2Tokenizer") {
    constexpr const char* kEnd = "<|endoftext|>";
    parts.components["post_processor"] = asked_for_ends(settings, parts, kEnd, path);
    parts.components["absent_tokens"] =
        special_tokens(settings, {{"unk_token", kEnd}, {"eos_token", kEnd}});
    if (name == "Qwen2Tokenizer") split.regex = kQwen2Split;
    if (name == "Qwen2Tokenizer" || name == "GPTNeoXTokenizer") {
      parts.components["normalizer"] = nfc_normalizer();
    }
  } else {
    throw UnsupportedError(fmt::format(
        "{}: a {} cannot be built from vocabulary files; add the tokenizer.json that Transformers' "
        "AutoTokenizer.save_pretrained writes",
        path.string(), name));
  }
  parts.components["pre_tokenizer"] = byte_level_pre_tokenizer(split);
  parts.components["decoder"] = byte_level_decoder();
}

}  // namespace

Tokenizer byte_level_from_files(const fs::path& vocabulary, const fs::path& merges,
                                const HfSettings& settings) {
  const json ids = read_json(vocabulary);
  const MappedFile merges_file(merges);
  TokenizerParts parts;
  add_pieces(ids, vocabulary, parts);
  add_merges(merges_file, parts);
  shape_by_class(settings, vocabulary, parts);
  parts.components["added_tokens"] = settings.added_tokens();
  return build_tokenizer(parts, vocabulary.string());
}

Tokenizer wordpiece_from_file(const fs::path& vocabulary, const HfSettings& settings) {
  const std::string& name = settings.tokenizer_class();
  if (!name.empty() && name != "BertTokenizer" && name != "DistilBertTokenizer") {
    throw UnsupportedError(
        fmt::format("{}: a {} cannot be built from a vocabulary file; add the tokenizer.json that "
                    "Transformers' AutoTokenizer.save_pretrained writes",
                    vocabulary.string(), name));
  }
  const MappedFile file(vocabulary);
  TokenizerParts parts;
  parts.model = TokenizerParts::Model::wordpiece;
  parts.pieces = lines_of(text_of(file));
  for (std::string_view& piece : parts.pieces) {
    piece = piece.substr(0, piece.find_last_not_of(" \t\v\f") + 1);
  }
  parts.unknown = end_token(parts, token_or(settings, "unk_token", "[UNK]"), vocabulary).piece;
  const EndToken cls = end_token(parts, token_or(settings, "cls_token", "[CLS]"), vocabulary);
  const EndToken sep = end_token(parts, token_or(settings, "sep_token", "[SEP]"), vocabulary);
  parts.components = {
      {"normalizer", bert_normalizer(settings.flag("do_lower_case").value_or(true),
                                     settings.flag("tokenize_chinese_chars").value_or(true),
                                     settings.flag("strip_accents"))},
      {"pre_tokenizer", bert_pre_tokenizer()},
      {"decoder", wordpiece_decoder()},
      {"post_processor", surrounding_tokens(cls, sep)},
      {"added_tokens", settings.added_tokens()},
      {"absent_tokens", special_tokens(settings, {{"unk_token", "[UNK]"},
                                                  {"sep_token", "[SEP]"},
                                                  {"pad_token", "[PAD]"},
                                                  {"cls_token", "[CLS]"},
                                                  {"mask_token", "[MASK]"}})}};
  return build_tokenizer(parts, vocabulary.string());
}

}  // namespace headlens
