#include "headlens/tokenizers/tokenizer_parts.h"

#include "headlens/base/errors.h"
#include "headlens/tokenizers/ffi/headlens_tokenizers_ffi.h"

namespace headlens {
namespace {

HeadlensTokenizersText text_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string changes_text(const nlohmann::json& changes, const std::string& origin) {
  if (changes.empty()) return {};
  try {
    return changes.dump();
  } catch (const nlohmann::json::exception&) {
    throw FormatError(origin, "a special token is not valid UTF-8");
  }
}

}  // namespace

Tokenizer build_tokenizer(const TokenizerParts& parts, std::string origin_for_errors) {
  std::vector<HeadlensTokenizersText> pieces;
  pieces.reserve(parts.pieces.size());
  for (const std::string_view piece : parts.pieces) pieces.push_back(text_of(piece));
  std::vector<HeadlensTokenizersText> merges;
  merges.reserve(2 * parts.merges.size());
  for (const auto& [left, right] : parts.merges) {
    merges.push_back(text_of(left));
    merges.push_back(text_of(right));
  }
  HeadlensTokenizersModel model{};
  model.kind = parts.model == TokenizerParts::Model::bpe ? HEADLENS_TOKENIZERS_BPE
                                                         : HEADLENS_TOKENIZERS_WORDPIECE;
  model.pieces = pieces.data();
  model.ids = parts.ids.empty() ? nullptr : parts.ids.data();
  model.piece_count = pieces.size();
  model.merges = merges.data();
  model.merge_count = parts.merges.size();
  model.unknown = text_of(parts.unknown);
  model.byte_fallback = parts.byte_fallback;
  model.fuse_unknown = parts.fuse_unknown;
  model.ignore_merges = parts.ignore_merges;

  const std::string components = changes_text(parts.components, origin_for_errors);
  HeadlensTokenizersEngine* engine = nullptr;
  HeadlensTokenizersBytes error{};
  const std::int32_t status =
      headlens_tokenizers_from_model(&model, text_of(components), &engine, &error);
  return Tokenizer::adopt(status, engine, error, std::move(origin_for_errors));
}

Tokenizer build_tokenizer(std::string_view json, const nlohmann::json& changes,
                          std::string origin_for_errors) {
  const std::string components = changes_text(changes, origin_for_errors);
  HeadlensTokenizersEngine* engine = nullptr;
  HeadlensTokenizersBytes error{};
  const std::int32_t status =
      headlens_tokenizers_from_json(text_of(json), text_of(components), &engine, &error);
  return Tokenizer::adopt(status, engine, error, std::move(origin_for_errors));
}

}  // namespace headlens
