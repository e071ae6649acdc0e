#include "headlens/tokenizers/hf_directory.h"

#include <fmt/format.h>

#include <array>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/tokenizers/hf_settings.h"
#include "headlens/tokenizers/hf_vocabulary_files.h"
#include "headlens/tokenizers/tokenizer_parts.h"

namespace headlens {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Explicit settings that win over the same settings inside tokenizer.json.
json amendments(const HfSettings& settings) {
  json steps = json::array();
  if (settings.tokenizer_class() == "BertTokenizer" ||
      settings.tokenizer_class() == "DistilBertTokenizer") {
    json step = {{"type", "BertNormalizer"}};
    if (const auto lower = settings.flag("do_lower_case")) step["lowercase"] = *lower;
    if (const auto strip = settings.flag("strip_accents")) step["strip_accents"] = *strip;
    if (const auto chinese = settings.flag("tokenize_chinese_chars")) {
      step["handle_chinese_chars"] = *chinese;
    }
    steps.push_back(step);
  }
  if (settings.tokenizer_class() == "GPT2Tokenizer" ||
      settings.tokenizer_class() == "RobertaTokenizer") {
    if (const auto prefix = settings.flag("add_prefix_space")) {
      steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", *prefix}});
    }
  }
  return steps;
}

Tokenizer from_tokenizer_json(const fs::path& path, const HfSettings& settings) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  const json changes = {{"amend", amendments(settings)},
                        {"added_tokens", settings.added_tokens()},
                        {"absent_tokens", settings.absent_tokens()}};
  return build_tokenizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, changes,
                         path.string());
}

[[noreturn]] void refuse(const fs::path& directory) {
  for (const char* name : {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
    if (fs::exists(directory / name)) {
      throw UnsupportedError(fmt::format(
          "{}: has only a SentencePiece model ({}), which is not supported; add the tokenizer.json "
          "that Transformers' AutoTokenizer.save_pretrained writes",
          directory.string(), name));
    }
  }
  throw FormatError(directory.string(),
                    "has no tokenizer: expected tokenizer.json, vocab.json with merges.txt, "
                    "encoder.json with vocab.bpe, or vocab.txt");
}

}  // namespace

Tokenizer tokenizer_from_hf_directory(const fs::path& directory) {
  const HfSettings settings(directory);
  if (const fs::path path = directory / "tokenizer.json"; fs::exists(path)) {
    return from_tokenizer_json(path, settings);
  }
  constexpr std::array kBpeFiles{std::pair{"vocab.json", "merges.txt"},
                                 std::pair{"encoder.json", "vocab.bpe"}};
  for (const auto& [vocabulary, merges] : kBpeFiles) {
    if (fs::exists(directory / vocabulary) && fs::exists(directory / merges)) {
      return byte_level_from_files(directory / vocabulary, directory / merges, settings);
    }
  }
  if (const fs::path path = directory / "vocab.txt"; fs::exists(path)) {
    return wordpiece_from_file(path, settings);
  }
  refuse(directory);
}

}  // namespace headlens
