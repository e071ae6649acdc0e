#include "headlens/tokenizers/hf_settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kNamedTokens{
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

json read_object_if_there(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return json::object();
  json object = read_json(path);
  if (!object.is_object()) throw FormatError(path.string(), "is not a JSON object");
  return object;
}

std::string class_of_model_type(std::string_view model_type) {
  static const std::map<std::string_view, std::string_view> kClasses{
      {"bert", "BertTokenizer"},        {"distilbert", "BertTokenizer"},
      {"gpt2", "GPT2Tokenizer"},        {"gpt_neo", "GPT2Tokenizer"},
      {"gpt_neox", "GPTNeoXTokenizer"}, {"roberta", "RobertaTokenizer"},
      {"qwen2", "Qwen2Tokenizer"},      {"qwen3", "Qwen2Tokenizer"},
      {"llama", "LlamaTokenizer"},      {"mistral", "LlamaTokenizer"}};
  const auto found = kClasses.find(model_type);
  return found == kClasses.end() ? std::string() : std::string(found->second);
}

bool is_set(const json& object, std::string_view flag) {
  const auto found = object.find(flag);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::optional<std::string> spelling(const json& token) {
  if (token.is_string()) return token.get<std::string>();
  if (!token.is_object()) return std::nullopt;
  const auto content = token.find("content");
  if (content == token.end() || !content->is_string()) return std::nullopt;
  return content->get<std::string>();
}

AddedToken described_token(const json& token, bool special, const std::filesystem::path& path) {
  const auto piece = spelling(token);
  if (!piece) throw FormatError(path.string(), "an added token has no content");
  return {.piece = *piece,
          .special = special,
          .normalized = is_set(token, "normalized"),
          .left_strip = is_set(token, "lstrip"),
          .right_strip = is_set(token, "rstrip"),
          .single_word = is_set(token, "single_word")};
}

std::int64_t id_of_key(const std::string& key, const std::filesystem::path& path) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc() || end != key.data() + key.size()) {
    throw FormatError(path.string(), fmt::format("added_tokens_decoder has the id \"{}\"", key));
  }
  return id;
}

}  // namespace

HfSettings::HfSettings(const std::filesystem::path& directory)
    : directory_(directory),
      tokenizer_config_(read_object_if_there(directory / "tokenizer_config.json")),
      special_tokens_map_(read_object_if_there(directory / "special_tokens_map.json")),
      added_tokens_(read_object_if_there(directory / "added_tokens.json")) {
  const auto named =
      optional_string(tokenizer_config_, "tokenizer_class", directory / "tokenizer_config.json");
  if (named) {
    tokenizer_class_ = *named;
    if (tokenizer_class_.ends_with("Fast")) tokenizer_class_.resize(tokenizer_class_.size() - 4);
    return;
  }
  const json config = read_object_if_there(directory / "config.json");
  const auto model_type = optional_string(config, "model_type", directory / "config.json");
  if (model_type) tokenizer_class_ = class_of_model_type(*model_type);
}

std::optional<bool> HfSettings::flag(std::string_view name) const {
  return optional_boolean(tokenizer_config_, name, directory_ / "tokenizer_config.json");
}

const json* HfSettings::named_token(std::string_view name) const {
  for (const json* file : {&special_tokens_map_, &tokenizer_config_}) {
    const auto found = file->find(name);
    if (found != file->end() && spelling(*found)) return &*found;
  }
  return nullptr;
}

std::optional<std::string> HfSettings::special_token(std::string_view name) const {
  const json* token = named_token(name);
  return token == nullptr ? std::nullopt : spelling(*token);
}

json HfSettings::added_tokens() const {
  const auto path = directory_ / "tokenizer_config.json";
  std::map<std::int64_t, AddedToken> by_id;
  const auto decoder = tokenizer_config_.find("added_tokens_decoder");
  if (decoder != tokenizer_config_.end() && decoder->is_object()) {
    for (const auto& [key, token] : decoder->items()) {
      by_id.emplace(id_of_key(key, path), described_token(token, is_set(token, "special"), path));
    }
  }
  json tokens = json::array();
  for (const auto& [id, token] : by_id) tokens.push_back(added_token(token));
  return tokens;
}

json HfSettings::absent_tokens() const {
  std::map<std::int64_t, AddedToken> by_id;
  for (const auto& [piece, id] : added_tokens_.items()) {
    if (!id.is_number_integer()) {
      throw FormatError((directory_ / "added_tokens.json").string(),
                        fmt::format("the id of \"{}\" is not an integer", piece));
    }
    by_id[id.get<std::int64_t>()] = {.piece = piece, .special = false, .normalized = true};
  }
  json tokens = json::array();
  for (const std::string_view name : kNamedTokens) {
    const json* token = named_token(name);
    if (token == nullptr) continue;
    const AddedToken special = described_token(*token, true, directory_ / "tokenizer_config.json");
    bool numbered = false;
    for (auto& [id, listed] : by_id) {
      if (listed.piece != special.piece) continue;
      listed = special;
      numbered = true;
    }
    if (!numbered) tokens.push_back(added_token(special));
  }
  for (const auto& [id, token] : by_id) tokens.push_back(added_token(token));
  return tokens;
}

}  // namespace headlens
