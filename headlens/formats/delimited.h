#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/line_reader.h"

namespace headlens {

/// How fields are told apart.
struct DelimitedForm {
  char separator = ',';
  bool quotes = true;  ///< whether a field may be in double quotes, as RFC 4180 has it

  /// Tabs without quotes for .tsv and .tab, where a quotation mark is itself; else CSV.
  static DelimitedForm of(const std::filesystem::path& path);
};

struct DelimitedRow {
  std::int64_t line = 0;  ///< of its first line, from 1
  std::vector<std::string> fields = {};
};

/// Reads CSV (RFC 4180) or TSV with a header, row by row. Empty lines are left out.
class DelimitedReader {
 public:
  /// @throws FormatError    as LineReader; if there is no header, or it names a column twice
  /// @throws ResourceError  as LineReader
  DelimitedReader(const std::filesystem::path& path, DelimitedForm form);
  explicit DelimitedReader(const std::filesystem::path& path)
      : DelimitedReader(path, DelimitedForm::of(path)) {}
  DelimitedReader(std::string text, std::filesystem::path name, DelimitedForm form);

  const std::vector<std::string>& header() const { return header_; }
  /// Index of a column.
  /// @throws UsageError  if there is none of that name; lists those there are
  std::size_t column(std::string_view name) const;

  /// As many fields as the header has. Empty optional at the end.
  /// @throws FormatError  with path and line, if a row has more or fewer fields, or a quotation
  ///                      mark is out of place or never closed
  std::optional<DelimitedRow> next();

  const std::filesystem::path& path() const { return lines_.path(); }

 private:
  void read_header();
  std::optional<DelimitedRow> next_row();
  void read_quoted(std::string& line, std::size_t& at, std::string& field);

  LineReader lines_;
  DelimitedForm form_;
  std::vector<std::string> header_;
};

}  // namespace headlens
