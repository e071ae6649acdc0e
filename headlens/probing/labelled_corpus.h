#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "headlens/probing/label.h"
#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

/// What a corpus gives labels to.
enum class LabelUnit : std::uint8_t {
  word,      ///< also spans, which may hold several words and overlap
  sentence,  ///< or any text that is run as one
  pair,      ///< two texts
};

std::string to_string(LabelUnit unit);

/// A word or span of a sentence.
struct LabelledWord {
  CharSpan span = {};              ///< in the sentence's text, in Unicode code points; never empty
  std::vector<Label> labels = {};  ///< one a column of the corpus
  std::int64_t line = 0;           ///< in the file, from 1
};

struct LabelledSentence {
  std::int64_t line = 0;                 ///< in the file, from 1
  std::string id = {}, document = {};    ///< empty where the corpus has none
  std::string text = {};                 ///< UTF-8, never empty
  std::string second_text = {};          ///< of a pair; otherwise empty
  std::vector<LabelledWord> words = {};  ///< of corpora that label words
  std::vector<Label> labels = {};        ///< one a column, of corpora that label sentences or pairs
};

/// Tells corpora apart: harvests of one are never continued with another.
struct CorpusInfo {
  std::string task = {};            ///< "upos", "lab-pos", ...; "" for plain labels of a file
  std::filesystem::path data = {};  ///< the file; for built-in corpora their name
  std::string sha256 = {};          ///< of the file, or of the built-in text
  LabelUnit unit = LabelUnit::word;
  std::vector<std::string> columns = {};  ///< what the labels are; may be empty (plain text)
  std::uint64_t seed = 0;                 ///< of what is drawn at random
  std::string reading = {};   ///< of a table: its columns of texts, and which rows are read
  std::int64_t max_rows = 0;  ///< of a LimitedCorpus; 0: the corpus is whole
};

/// A stream of labelled sentences, the same each time it is read from the beginning. Only what one
/// sentence needs is held, so that a corpus larger than memory works. Derive from it to harvest
/// from a source of your own.
class LabelledCorpus {
 public:
  virtual ~LabelledCorpus() = default;

  /// Empty optional at the end. Called from one thread at a time, which need not be the caller's.
  /// @throws FormatError  with file and line, if the data are not what they should be
  virtual std::optional<LabelledSentence> next() = 0;

  const CorpusInfo& info() const { return info_; }

 protected:
  explicit LabelledCorpus(CorpusInfo info) : info_(std::move(info)) {}

 private:
  CorpusInfo info_;
};

/// Sentences that are in memory.
class ListedCorpus : public LabelledCorpus {
 public:
  ListedCorpus(CorpusInfo info, std::vector<LabelledSentence> sentences)
      : LabelledCorpus(std::move(info)), sentences_(std::move(sentences)) {}

  std::optional<LabelledSentence> next() override {
    return next_ < sentences_.size() ? std::optional(sentences_[next_++]) : std::nullopt;
  }

 private:
  std::vector<LabelledSentence> sentences_;
  std::size_t next_ = 0;
};

/// SHA-256 of a file, read piece by piece.
/// @throws FormatError, ResourceError  if it cannot be read
std::string file_sha256(const std::filesystem::path& path);

}  // namespace headlens
