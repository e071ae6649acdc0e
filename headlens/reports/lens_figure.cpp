#include "headlens/reports/lens_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "headlens/reports/canvas.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/figure_text.h"
#include "headlens/reports/lens_access.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kMostColumns = 24;
constexpr std::size_t kMostRanks = 10;
constexpr double kRowHeight = 15;
constexpr double kRowNames = 76;
constexpr double kColumnNames = 32;
constexpr double kShortColumnNames = 22;  // without a second line
constexpr double kTallestBar = 300;
constexpr double kNarrowestPage = 420;
constexpr int kLabelColumns = 18;
constexpr TextStyle kCellText{.size = 8, .kerning = false};

struct Cell {
  std::string token;
  std::string number;  // beside the token, or empty
  double probability = 0;
  bool as_output = false;  // the output's own first choice
};

struct Column {
  std::string name;
  std::string under_name;
  std::vector<Cell> cells;  // one a layer, as listed in the result
  double width = 0;
};

bool same_as_output(const LensResult& result, std::size_t position, const Prediction& prediction) {
  const LensCell& output = result.cells_LP.back()[position];
  return !output.top.empty() && output.top.front().id == prediction.id;
}

Column column_of_position(const LensResult& result, std::size_t index) {
  const int position = result.positions[index];
  Column column{.name = isolated(token_label(result.prompt.tokens[position].text, kLabelColumns)),
                .under_name = std::to_string(position),
                .cells = {}};
  for (const auto& layer : result.cells_LP) {
    const LensCell& cell = layer[index];
    if (cell.top.empty()) {
      column.cells.emplace_back();
      continue;
    }
    const Prediction& first = cell.top.front();
    column.cells.push_back({isolated(token_label(first.token, kLabelColumns)), "",
                            first.probability, same_as_output(result, index, first)});
  }
  return column;
}

Column column_of_rank(const LensResult& result, std::size_t rank) {
  Column column{.name = fmt::format("{}", rank + 1), .under_name = "", .cells = {}};
  for (const auto& layer : result.cells_LP) {
    const std::vector<Prediction>& top = layer.front().top;
    if (rank >= top.size()) {
      column.cells.emplace_back();
      continue;
    }
    column.cells.push_back({isolated(token_label(top[rank].token, kLabelColumns)),
                            fmt::format("{:.3f}", top[rank].probability), top[rank].probability,
                            same_as_output(result, 0, top[rank])});
  }
  return column;
}

/// What the picture shows, free of where it stands.
struct LensPicture {
  std::vector<Column> columns;
  std::string axis_name;
  std::string bar_name;
  FigureText text;
};

LensPicture picture_of_ranks(const LensResult& result) {
  const int position = result.positions.front();
  LensPicture picture{.columns = {},
                      .axis_name = "Rank among the layer’s predictions",
                      .bar_name = "Probability",
                      .text = {}};
  std::size_t ranks = 0;
  for (const auto& layer : result.cells_LP) ranks = std::max(ranks, layer.front().top.size());
  for (std::size_t rank = 0; rank < std::max<std::size_t>(1, ranks) && rank < kMostRanks; ++rank) {
    picture.columns.push_back(column_of_rank(result, rank));
  }
  const std::string token = token_label(result.prompt.tokens[position].text, kLabelColumns);
  picture.text =
      figure_text(fmt::format("Logit lens after “{}” (position {})", isolated(token), position),
                  result.provenance, result.prompt);
  return picture;
}

LensPicture picture_of_positions(const LensResult& result) {
  LensPicture picture{.columns = {},
                      .axis_name = "Token read, and its position",
                      .bar_name = "Probability of the top token",
                      .text = figure_text("Logit lens: what each layer would predict next",
                                          result.provenance, result.prompt)};
  const std::size_t count = result.positions.size();
  const std::size_t first = count > kMostColumns ? count - kMostColumns : 0;
  for (std::size_t i = first; i < count; ++i) {
    picture.columns.push_back(column_of_position(result, i));
  }
  if (first > 0) {
    picture.text.notes.push_back(
        fmt::format("The last {} of {} positions are drawn.", kMostColumns, count));
  }
  return picture;
}

LensPicture picture_of(const LensResult& result) {
  LensPicture picture =
      result.positions.size() == 1 ? picture_of_ranks(result) : picture_of_positions(result);
  picture.text.notes.insert(picture.text.notes.begin(), "Bold: the output’s own first choice.");
  if (!result.final_norm) {
    picture.text.notes.push_back(
        "Made without the final norm, so only the order of tokens counts.");
  }
  return picture;
}

/// Where the parts of the figure stand, in points from the top left corner.
struct LensPage {
  double left = kPageMargin + kRowNames;
  double column_names = kColumnNames;
  double top = 0;
  double right = 0;
  double bottom = 0;
  double width = 0;
  double height = 0;
};

double column_width(TextPainter& painter, const Column& column) {
  constexpr double kNarrowest = 28;
  constexpr double kWidest = 96;
  const TextStyle bold{.size = kCellText.size, .bold = true, .kerning = false};
  double widest = painter.width(column.name, bold);
  for (const Cell& cell : column.cells) {
    const double number = cell.number.empty() ? 0 : painter.width(cell.number, bold) + 8;
    widest = std::max(widest, painter.width(cell.token, bold) + number);
  }
  return std::clamp(widest + 9, kNarrowest, kWidest);
}

/// Sets the columns' widths, on which the page depends.
LensPage lay_out(LensPicture& picture, std::size_t layers, double pixels_per_point) {
  LensPage page;
  if (picture.columns.front().under_name.empty()) page.column_names = kShortColumnNames;
  page.top = kPageMargin + kHeaderHeight + page.column_names;
  page.right = page.left;
  measure_text([&](TextPainter& painter) {
    for (Column& column : picture.columns) {
      column.width = snapped(column_width(painter, column), pixels_per_point);
      page.right += column.width;
    }
  });
  page.bottom = page.top + kRowHeight * static_cast<double>(layers);
  page.width = std::max(kNarrowestPage, page.right + 18 + kColorBarWidth) + 8;
  page.height = page.bottom + 16 + footer_height(picture.text) + 16;
  return page;
}

void draw_cell(cairo_t* context, TextPainter& painter, const Cell& cell, double x, double y,
               double width, ColorMap map) {
  const Rgb color = color_of(map, cell.probability);
  set_color(context, color);
  cairo_rectangle(context, x, y, width, kRowHeight);
  cairo_fill(context);
  TextStyle style = kCellText;
  style.bold = cell.as_output;
  style.color = text_color_on(color);
  const double middle = y + kRowHeight / 2;
  if (cell.number.empty()) {
    const bool fits = painter.width(cell.token, style) <= width - 4;
    painter.draw(cell.token, style,
                 {.x = x + width / 2,
                  .y = middle,
                  .anchor = Anchor::kCenter,
                  .max_width = fits ? 0 : width - 4});
    return;
  }
  const double number = painter.width(cell.number, style);
  painter.draw(cell.number, style, {.x = x + width - 4, .y = middle, .anchor = Anchor::kRight});
  painter.draw(cell.token, style, {.x = x + 4, .y = middle, .max_width = width - number - 12});
}

void draw_row_names(TextPainter& painter, const LensPage& page, const std::vector<int>& layers) {
  for (std::size_t row = 0; row < layers.size(); ++row) {
    const int layer = layers[layers.size() - 1 - row];
    const double middle = page.top + (static_cast<double>(row) + 0.5) * kRowHeight;
    const std::string name = row == 0 ? "output  " : layer == 0 ? "embeddings  " : "";
    painter.draw(name + std::to_string(layer), {.size = 8, .bold = row == 0 || layer == 0},
                 {.x = page.left - 6, .y = middle, .anchor = Anchor::kRight});
  }
  painter.draw("Layer", {.size = 10},
               {.x = kPageMargin + 5,
                .y = (page.top + page.bottom) / 2,
                .anchor = Anchor::kCenter,
                .angle_degrees = -90});
}

void draw_column(Canvas& canvas, TextPainter& painter, const LensPage& page, const Column& column,
                 double x, ColorMap map) {
  const double middle = x + column.width / 2;
  const bool two_lines = !column.under_name.empty();
  const double name_width = painter.width(column.name, {.size = 8, .bold = true});
  painter.draw(column.name, {.size = 8, .bold = true, .kerning = false},
               {.x = middle,
                .y = page.top - (two_lines ? 18 : 8),
                .anchor = Anchor::kCenter,
                .max_width = name_width > column.width - 3 ? column.width - 3 : 0});
  painter.draw(column.under_name, {.size = 7, .color = kFaintInk},
               {.x = middle, .y = page.top - 7, .anchor = Anchor::kCenter});
  const std::size_t layers = column.cells.size();
  for (std::size_t row = 0; row < layers; ++row) {
    draw_cell(canvas.context(), painter, column.cells[layers - 1 - row], x,
              page.top + static_cast<double>(row) * kRowHeight, column.width, map);
  }
}

}  // namespace

void write_lens_figure(const std::filesystem::path& path, const LensResult& result,
                       const FigureOptions& options) {
  check_lens(result);
  LensPicture picture = picture_of(result);
  const LensPage page = lay_out(picture, result.layers.size(), options.pixels_per_point);
  Canvas canvas(path, page.width, page.height, picture.text.title, options.pixels_per_point);
  TextPainter painter(canvas.context());
  const double text_width = page.width - 2 * kPageMargin;
  draw_header(painter, picture.text, kPageMargin, kPageMargin, text_width);
  draw_row_names(painter, page, result.layers);
  double x = page.left;
  for (const Column& column : picture.columns) {
    draw_column(canvas, painter, page, column, x, options.color_map);
    x += column.width;
  }
  draw_frame(canvas.context(), page.left, page.top, page.right - page.left, page.bottom - page.top);
  painter.draw(picture.axis_name, {.size = 9}, {.x = page.left, .y = page.top - page.column_names});
  draw_color_bar(canvas.context(), painter, page.right + 18, page.top,
                 std::min(kTallestBar, page.bottom - page.top),
                 {options.color_map, picture.bar_name});
  draw_footer(painter, picture.text, kPageMargin, page.bottom + 16, text_width);
  canvas.finish();
}

}  // namespace headlens
