#include "headlens/reports/tree_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "headlens/reports/canvas.h"
#include "headlens/reports/curve_picture.h"
#include "headlens/reports/figure_page.h"
#include "headlens/reports/figure_text.h"
#include "headlens/reports/structural_picture.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr double kWordSize = 11, kNumberSize = 8.5, kGap = 14, kNarrowest = 26;
constexpr double kArcStep = 13, kArcBase = 6, kTallest = 170, kWordLine = 16, kNumberLine = 12;

using Edge = std::pair<std::int32_t, std::int32_t>;

struct TreePage {
  std::vector<double> middles;  ///< of the words
  double width = 0, height = 0;
  double above = 0, below = 0;  ///< heights of the arcs
  double words_y = 0;           ///< middle of their line
  bool has_depths = false;
};

double arc_height(const Edge& edge) {
  return std::min(kTallest, kArcBase + kArcStep * (edge.second - edge.first));
}

double tallest(const std::vector<Edge>& edges) {
  double height = 0;
  for (const Edge& edge : edges) height = std::max(height, arc_height(edge));
  return height;
}

std::string word_label(const std::string& word) { return one_line(word, 24); }

FigureText text_of(const StructuralResult& result, const ParsedSentence& parse) {
  std::int64_t right = 0;
  for (const Edge& edge : parse.predicted_edges) {
    right += std::ranges::find(parse.edges, edge) != parse.edges.end();
  }
  FigureText text{.title = "A sentence's tree, and what the states tell of it",
                  .subtitle = one_line(result.provenance.model_name, 60),
                  .notes = {},
                  .origin = {structural_origin(result)}};
  if (parse.distance_layer) {
    text.notes.push_back(fmt::format(
        "Above: the treebank's edges. Below: the spanning tree of layer {}'s distances, {} of {} "
        "edges right; wrong ones are dashed.",
        *parse.distance_layer, right, parse.edges.size()));
  }
  if (parse.depth_layer) {
    text.notes.push_back(
        fmt::format("Numbers: depth in the tree, and by layer {}'s states.", *parse.depth_layer));
  }
  return text;
}

TreePage lay_out(const ParsedSentence& parse, const FigureText& text) {
  TreePage page;
  double x = kPageMargin, notes_width = 0;
  measure_text([&](TextPainter& painter) {
    for (const std::string& word : parse.words) {
      const double width =
          std::max(kNarrowest, painter.width(word_label(word), {.size = kWordSize}));
      page.middles.push_back(x + width / 2);
      x += width + kGap;
    }
    for (const std::string& note : text.notes) {
      notes_width = std::max(notes_width, painter.width(note, {}));
    }
  });
  page.has_depths = !parse.predicted_depths.empty();
  page.above = tallest(parse.edges);
  page.below = tallest(parse.predicted_edges);
  page.width = std::max({x - kGap, 380.0, notes_width + kPageMargin}) + kPageMargin;
  page.words_y = kPageMargin + kHeaderHeight + page.above + kWordLine;
  page.height = page.words_y + kWordLine + (page.has_depths ? kNumberLine : 0) + page.below + 14 +
                footer_height(text) + kPageMargin;
  return page;
}

/// @param up  1 for arcs below the base, -1 for arcs above
void draw_arc(cairo_t* context, const TreePage& page, const Edge& edge, double base, int up) {
  const double left = page.middles[edge.first] + 3, right = page.middles[edge.second] - 3;
  const double top = base + up * arc_height(edge), bend = std::min(14.0, (right - left) / 2);
  cairo_move_to(context, left, base);
  cairo_curve_to(context, left, top, left, top, left + bend, top);
  cairo_line_to(context, right - bend, top);
  cairo_curve_to(context, right, top, right, top, right, base);
  cairo_stroke(context);
}

void draw_trees(cairo_t* context, const TreePage& page, const ParsedSentence& parse) {
  constexpr std::array<double, 2> kDashes{3, 2.5};
  cairo_set_line_width(context, 1.2);
  set_color(context, kInk);
  for (const Edge& edge : parse.edges) {
    draw_arc(context, page, edge, page.words_y - kWordLine + 5, -1);
  }
  const double base = page.words_y + kWordLine - 6 + (page.has_depths ? kNumberLine : 0);
  for (const Edge& edge : parse.predicted_edges) {
    const bool is_right = std::ranges::find(parse.edges, edge) != parse.edges.end();
    set_color(context, series_color(is_right ? 0 : 1));
    cairo_set_dash(context, kDashes.data(), is_right ? 0 : 2, 0);
    draw_arc(context, page, edge, base, 1);
  }
  cairo_set_dash(context, kDashes.data(), 0, 0);
}

void draw_words(TextPainter& painter, const TreePage& page, const ParsedSentence& parse) {
  for (std::size_t i = 0; i < parse.words.size(); ++i) {
    const bool is_root = parse.heads[i] == 0;
    painter.draw(word_label(parse.words[i]),
                 {.size = kWordSize, .bold = is_root, .color = parse.kept[i] ? kInk : kFaintInk},
                 {.x = page.middles[i], .y = page.words_y, .anchor = Anchor::kCenter});
    if (!page.has_depths) continue;
    painter.draw(
        fmt::format("{:.0f} · {:.1f}", parse.depths[i], parse.predicted_depths[i]),
        {.size = kNumberSize, .color = kFaintInk},
        {.x = page.middles[i], .y = page.words_y + kNumberLine, .anchor = Anchor::kCenter});
  }
}

}  // namespace

void write_tree_figure(const std::filesystem::path& path, const StructuralResult& result,
                       const ParsedSentence& parse, double pixels_per_point) {
  const FigureText text = text_of(result, parse);
  const TreePage page = lay_out(parse, text);
  Canvas canvas(path, snapped(page.width, pixels_per_point), snapped(page.height, pixels_per_point),
                text.title, pixels_per_point);
  TextPainter painter(canvas.context());
  const double text_width = page.width - 2 * kPageMargin;
  draw_header(painter, text, kPageMargin, kPageMargin, text_width);
  draw_trees(canvas.context(), page, parse);
  draw_words(painter, page, parse);
  draw_footer(painter, text, kPageMargin, page.height - kPageMargin - footer_height(text),
              text_width);
  canvas.finish();
}

}  // namespace headlens
