#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headlens/formats/delimited.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// What of a table is read. Rows without text are left out.
struct TableColumns {
  std::string text = "text";
  std::string second_text = {};  ///< makes the rows pairs
  std::vector<std::string> labels = {};
  bool real_values = false;  ///< labels of CSV and TSV are numbers, not classes
  /// Only rows whose column (first) has this value (second) are read; of CSV and TSV.
  std::optional<std::pair<std::string, std::string>> where = {};
};

/// Sentences or pairs of a CSV or TSV file, one a row, with labels of its columns. An empty field
/// is no label.
class TableCorpus : public LabelledCorpus {
 public:
  /// @throws UsageError  if a column does not exist
  TableCorpus(const std::filesystem::path& file, const TableColumns& columns,
              std::string task = "");

  std::optional<LabelledSentence> next() override;

 private:
  DelimitedReader reader_;
  std::size_t text_ = 0;
  std::optional<std::size_t> second_text_, where_;
  std::string where_value_;
  std::vector<std::size_t> labels_;
  bool real_values_ = false;
};

}  // namespace headlens
