#pragma once

#include <string>
#include <vector>

namespace headlens {

enum class Align { kLeft, kRight };

struct TableColumn {
  std::string title;
  Align align = Align::kLeft;
  bool shrinks = false;  ///< may be cut with "…" when the table is wider than the terminal
};

/// Lays out plain text in columns by display width (see display_width), never wrapping.
class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns);

  /// @throws ShapeError  if there is not one cell a column
  void add_row(std::vector<std::string> cells);

  /// Lines end in "\n" and no line is wider than `max_width`: shrinking columns are narrowed first,
  /// then columns are left out from the right.
  std::string to_text(int max_width) const;

 private:
  std::vector<int> fitted_widths(int max_width) const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace headlens
