#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct HeadlensTokenizersBytes;
struct HeadlensTokenizersEngine;

namespace headlens {

struct TokenizerParts;

/// What becomes of the tokenizer's special tokens (BOS, CLS, SEP ...): added or left out when text
/// is encoded, kept or left out when ids are decoded.
enum class SpecialTokens { add, none };

/// A half-open span of the text, in Unicode code points.
struct CharSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  friend bool operator==(const CharSpan&, const CharSpan&) = default;
};

/// One text as the model sees it: parallel arrays, one entry a token.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<CharSpan> spans;        ///< {0, 0} for tokens that the tokenizer added
  std::vector<std::uint8_t> special;  ///< 1 for tokens that the tokenizer added
  std::vector<std::int32_t> type_ids;
};

/// A model's own tokenizer. Copies share one immutable engine; const use is safe from any thread.
class Tokenizer {
 public:
  /// @param json  the text of a tokenizer.json; truncation and padding in it are ignored
  /// @param origin_for_errors  the file that messages name
  /// @throws FormatError  if the text is not a tokenizer
  static Tokenizer from_json(std::string_view json, std::string origin_for_errors);

  /// @throws FormatError  if the file is missing or is not a tokenizer
  static Tokenizer from_file(const std::filesystem::path& tokenizer_json);

  /// @param text  UTF-8; a special token's spelling in it becomes that token
  /// @throws UsageError  if the text is not valid UTF-8
  Encoding encode(std::string_view text, SpecialTokens mode) const;

  /// @return  UTF-8; bytes that form no character become U+FFFD
  /// @throws UsageError  if an id is not in the vocabulary
  std::string decode(std::span<const std::int32_t> ids, SpecialTokens mode) const;

  /// The exact bytes one token stands for in running text (" cat", or one byte of a character) for
  /// byte-level and byte-fallback vocabularies; for others decode() of the id alone.
  /// @throws UsageError  if the id is not in the vocabulary
  std::string decode_token(std::int32_t id) const;

  /// The vocabulary's own spelling, e.g. "Ġcat" or "##ing".
  /// @throws UsageError  if the id is not in the vocabulary
  std::string piece(std::int32_t id) const;

  /// False for ids of a model's padded rows, which no token belongs to.
  bool contains(std::int32_t id) const;

  std::optional<std::int32_t> id_of(std::string_view piece) const;

  /// Entries, added tokens included.
  std::int64_t vocabulary_size() const;

  /// Whether the vocabulary marks `id` as special; false for ids that do not exist.
  bool is_special(std::int32_t id) const;

 private:
  friend Tokenizer build_tokenizer(const TokenizerParts& parts, std::string origin_for_errors);
  friend Tokenizer build_tokenizer(std::string_view json, const nlohmann::json& changes,
                                   std::string origin_for_errors);

  explicit Tokenizer(HeadlensTokenizersEngine* engine);
  static Tokenizer adopt(std::int32_t status, HeadlensTokenizersEngine* engine,
                         HeadlensTokenizersBytes error, std::string origin_for_errors);

  std::shared_ptr<const HeadlensTokenizersEngine> engine_;
};

}  // namespace headlens
