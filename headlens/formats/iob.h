#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/line_reader.h"

namespace headlens {

struct IobToken {
  std::string form = {};
  std::string tag = {};   ///< "O", "B-TYPE" or "I-TYPE"
  std::int64_t line = 0;  ///< in the file, from 1
};

struct IobSentence {
  std::int64_t line = 0;  ///< of its first token
  std::string id = {}, text = {},
              document = {};  ///< from comments "# sent_id = ..."; empty without them
  std::vector<IobToken> tokens = {};
};

/// Which columns are read, from 0.
struct IobColumns {
  std::size_t token = 0;
  std::size_t tag = 1;
};

/// Reads named entities as CoNLL columns, one token a line, sentence by sentence: columns between
/// tabs, or else between blanks; sentences between lines that are empty or blank; "-DOCSTART-"
/// lines and comments "# key = value". Tags are IOB2 (Tjong Kim Sang and Veenstra 1999).
class IobReader {
 public:
  /// @param columns  found from the first line where absent: after a number 1 the token and then
  ///                 the tag (as Universal NER has it), else token first and tag last
  /// @throws FormatError, ResourceError  as LineReader
  explicit IobReader(const std::filesystem::path& path, std::optional<IobColumns> columns = {})
      : lines_(path), columns_(columns) {}
  IobReader(std::string text, std::filesystem::path name, std::optional<IobColumns> columns = {})
      : lines_(std::move(text), std::move(name)), columns_(columns) {}

  /// Empty optional at the end.
  /// @throws FormatError  with path and line, for a line that lacks a column, a tag of another
  ///                      form, or an I- tag that continues no entity of its type
  std::optional<IobSentence> next();

  const std::filesystem::path& path() const { return lines_.path(); }

 private:
  bool add_comment(std::string_view line, IobSentence& sentence);
  void add_token(std::string_view line, IobSentence& sentence);
  void check_tag(std::string_view tag, const IobSentence& sentence) const;

  LineReader lines_;
  std::optional<IobColumns> columns_;
  std::string document_;
  int documents_ = 0;
};

}  // namespace headlens
