#include "headlens/tokenizers/tokenizer.h"

#include <utility>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/tokenizers/ffi/headlens_tokenizers_ffi.h"
#include "headlens/tokenizers/tokenizer_parts.h"

namespace headlens {
namespace {

HeadlensTokenizersText text_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string take(HeadlensTokenizersBytes bytes) {
  std::string text(reinterpret_cast<const char*>(bytes.data), bytes.length);
  headlens_tokenizers_free_bytes(bytes);
  return text;
}

void check(std::int32_t status, HeadlensTokenizersBytes error) {
  if (status == HEADLENS_TOKENIZERS_OK) return;
  const std::string message = take(error);
  if (status == HEADLENS_TOKENIZERS_BAD_USAGE) throw UsageError(message);
  throw Error(message);
}

struct EncodingOwner {
  HeadlensTokenizersEncoding view{};
  ~EncodingOwner() { headlens_tokenizers_free_encoding(view); }
};

}  // namespace

Tokenizer::Tokenizer(HeadlensTokenizersEngine* engine)
    : engine_(engine, [](HeadlensTokenizersEngine* owned) { headlens_tokenizers_free(owned); }) {}

Tokenizer Tokenizer::adopt(std::int32_t status, HeadlensTokenizersEngine* engine,
                           HeadlensTokenizersBytes error, std::string origin_for_errors) {
  if (status == HEADLENS_TOKENIZERS_OK) return Tokenizer(engine);
  throw FormatError(std::move(origin_for_errors), "not a usable tokenizer: " + take(error));
}

Tokenizer Tokenizer::from_json(std::string_view json, std::string origin_for_errors) {
  return build_tokenizer(json, nlohmann::json::object(), std::move(origin_for_errors));
}

Tokenizer Tokenizer::from_file(const std::filesystem::path& tokenizer_json) {
  const MappedFile file(tokenizer_json);
  const auto bytes = file.bytes();
  return from_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                   tokenizer_json.string());
}

Encoding Tokenizer::encode(std::string_view text, SpecialTokens mode) const {
  EncodingOwner owner;
  HeadlensTokenizersBytes error{};
  check(headlens_tokenizers_encode(engine_.get(), text_of(text), mode == SpecialTokens::add,
                                   &owner.view, &error),
        error);
  const HeadlensTokenizersEncoding& view = owner.view;
  Encoding encoding;
  encoding.ids.assign(view.ids, view.ids + view.length);
  encoding.special.assign(view.special, view.special + view.length);
  encoding.type_ids.assign(view.type_ids, view.type_ids + view.length);
  encoding.spans.reserve(view.length);
  for (std::size_t i = 0; i < view.length; ++i) {
    encoding.spans.push_back({view.begins[i], view.ends[i]});
  }
  return encoding;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, SpecialTokens mode) const {
  HeadlensTokenizersBytes text{};
  HeadlensTokenizersBytes error{};
  check(headlens_tokenizers_decode(engine_.get(), ids.data(), ids.size(),
                                   mode == SpecialTokens::none, &text, &error),
        error);
  return take(text);
}

std::string Tokenizer::decode_token(std::int32_t id) const {
  HeadlensTokenizersBytes text{};
  HeadlensTokenizersBytes error{};
  check(headlens_tokenizers_decode_token(engine_.get(), id, &text, &error), error);
  return take(text);
}

std::string Tokenizer::piece(std::int32_t id) const {
  HeadlensTokenizersBytes text{};
  HeadlensTokenizersBytes error{};
  check(headlens_tokenizers_piece(engine_.get(), id, &text, &error), error);
  return take(text);
}

bool Tokenizer::contains(std::int32_t id) const {
  return headlens_tokenizers_contains(engine_.get(), id);
}

std::optional<std::int32_t> Tokenizer::id_of(std::string_view piece) const {
  std::int32_t id = -1;
  HeadlensTokenizersBytes error{};
  check(headlens_tokenizers_id_of(engine_.get(), text_of(piece), &id, &error), error);
  if (id < 0) return std::nullopt;
  return id;
}

std::int64_t Tokenizer::vocabulary_size() const {
  return static_cast<std::int64_t>(headlens_tokenizers_vocabulary_size(engine_.get()));
}

bool Tokenizer::is_special(std::int32_t id) const {
  return headlens_tokenizers_is_special(engine_.get(), id);
}

}  // namespace headlens
