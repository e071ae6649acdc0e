#include "headlens/reports/table.h"

#include <algorithm>
#include <utility>

#include "headlens/base/errors.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 6;

int total(const std::vector<int>& widths) {
  int sum = 0;
  for (const int width : widths) sum += width + (sum > 0 ? kGap : 0);
  return sum;
}

std::string padded(const std::string& cell, int width, Align align, bool last) {
  const std::string cut = cut_at_end(cell, width);
  const std::string padding(static_cast<std::size_t>(width - display_width(cut)), ' ');
  if (align == Align::kRight) return padding + isolated(cut);
  return last ? isolated(cut) : isolated(cut) + padding;
}

}  // namespace

TextTable::TextTable(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

void TextTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) {
    throw ShapeError("table row", std::to_string(columns_.size()) + " cells",
                     std::to_string(cells.size()));
  }
  rows_.push_back(std::move(cells));
}

std::vector<int> TextTable::fitted_widths(int max_width) const {
  std::vector<int> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    int width = display_width(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }
  while (total(widths) > max_width) {
    int* widest = nullptr;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const bool may_shrink = columns_[c].shrinks && widths[c] > kNarrowest;
      if (may_shrink && (widest == nullptr || widths[c] > *widest)) widest = &widths[c];
    }
    if (widest != nullptr) {
      --*widest;
    } else if (widths.size() > 1) {
      widths.pop_back();
    } else {
      widths.front() = std::max(max_width, 1);
      break;
    }
  }
  return widths;
}

std::string TextTable::to_text(int max_width) const {
  const std::vector<int> widths = fitted_widths(max_width);
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (c > 0) line.append(kGap, ' ');
      line += padded(cell_of(c), widths[c], columns_[c].align, c + 1 == widths.size());
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line([&](std::size_t c) -> const std::string& { return columns_[c].title; });
  for (const auto& row : rows_) {
    add_line([&](std::size_t c) -> const std::string& { return row[c]; });
  }
  return text;
}

}  // namespace headlens
