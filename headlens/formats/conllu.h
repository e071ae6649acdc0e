#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/line_reader.h"

namespace headlens {

/// A syntactic word. Fields that the file leaves open ("_") are empty, but for form and lemma,
/// where "_" may be the word itself.
struct ConlluWord {
  std::string form = {}, lemma = {}, upos = {}, xpos = {};
  std::string features = {};     ///< "Mood=Ind|Tense=Past"
  std::optional<int> head = {};  ///< number of the head from 1; 0 for a root
  std::string deprel = {}, deps = {}, misc = {};
  std::int64_t line = 0;  ///< in the file, from 1

  /// The value of a feature, e.g. of "Tense"; absent if the word has none of that name.
  std::optional<std::string> feature(std::string_view name) const;
};

/// What stands in the text: one word, or a multiword token ("didn't") that is several.
struct ConlluToken {
  std::string form = {};
  std::size_t first_word = 0;  ///< index into words
  std::size_t word_count = 1;
  bool space_after = true;
};

/// A node that is in the enhanced graph but not in the text.
struct ConlluEmptyNode {
  int after = 0;  ///< number of the word it comes after; 0: before the first
  int index = 1;
  std::string form = {};
};

struct ConlluSentence {
  std::int64_t line = 0;                ///< of its first line
  std::string sent_id = {}, text = {};  ///< from the comments; empty where there are none
  std::string document = {};  ///< of the last "# newdoc"; its id, or "document N" without one
  std::vector<ConlluWord> words = {};
  std::vector<ConlluToken> tokens = {};
  std::vector<ConlluEmptyNode> empty_nodes = {};
};

/// Reads CoNLL-U sentence by sentence; only one sentence is held.
/// Format: https://universaldependencies.org/format.html
class ConlluReader {
 public:
  /// @throws FormatError, ResourceError  as LineReader
  explicit ConlluReader(const std::filesystem::path& path) : lines_(path) {}
  ConlluReader(std::string text, std::filesystem::path name)
      : lines_(std::move(text), std::move(name)) {}

  /// Empty optional at the end.
  /// @throws FormatError  with path and line, for a line without ten columns, a number out of
  ///                      order, a head that does not exist, a sentence without a word, ...
  std::optional<ConlluSentence> next();

  const std::filesystem::path& path() const { return lines_.path(); }

 private:
  void add_comment(std::string_view comment, ConlluSentence& sentence);
  void add_row(std::string_view row, ConlluSentence& sentence);
  void add_word(const std::vector<std::string_view>& fields, ConlluSentence& sentence);
  void add_multiword(const std::vector<std::string_view>& fields, ConlluSentence& sentence);
  void add_empty_node(const std::vector<std::string_view>& fields, ConlluSentence& sentence);
  void finish(const ConlluSentence& sentence) const;

  LineReader lines_;
  std::string document_;
  int documents_ = 0;
};

}  // namespace headlens
