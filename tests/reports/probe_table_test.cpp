#include "headlens/reports/probe_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "headlens/base/errors.h"
#include "headlens/reports/confusion_figure.h"
#include "headlens/reports/curve_figure.h"
#include "headlens/reports/probe_picture.h"
#include "headlens/reports/token_label.h"
#include "tests/reports/picture.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ProbeResult sample(int layers = 4) {
  ProbeResult result;
  result.provenance = sample_provenance();
  result.column = "upos";
  result.data = {"somewhere/dev.conllu"};
  result.unit = "word";
  result.pooling = "last";
  result.rows = 100;
  result.classes = {"NOUN", "VERB", "X"};
  result.method.kind = "logistic";
  result.method.metric = "accuracy";
  result.evaluation.kind = "folds";
  result.evaluation.folds = 3;
  result.evaluation.group = "sentence";
  result.evaluation.test_group = "sentence";
  for (int i = 0; i < layers; ++i) {
    ProbeLayer& layer = result.layers.emplace_back();
    layer.site = "blocks." + std::to_string(i) + ".hook_resid_pre";
    layer.hidden_state = i;
    const double mean = 0.5 + 0.4 * i / layers;
    layer.score = {mean, 0.01, {mean - 0.01, mean, mean + 0.01}, mean - 0.05, mean + 0.05};
    layer.macro_f1 = mean - 0.2;
    layer.control = {0.3, 0.02, {0.3, 0.3, 0.3}, 0.25, 0.35};
    layer.selectivity = mean - 0.3;
    layer.p_best_holm = i + 1 == layers ? 1 : 0.001;
    layer.p_majority_holm = 0.001;
    layer.meaningful = true;
  }
  result.best = result.layers.size() - 1;
  result.best_classes = {{"NOUN", 0.8, 0.75, 0.77, 60}, {"VERB", 0.7, 0.6, 0.65, 40}, {"X"}};
  result.confusion = {45, 15, 0, 10, 24, 6, 0, 0, 0};
  result.baselines = {{"majority", "", {0.6, 0, {0.6}, 0.55, 0.65}, 0.001, 0.002}};
  return result;
}

TEST(Sparkline, RunsFromTheLowestToTheHighest) {
  const std::vector<double> values{0, 0.5, 1, NAN, 0.2};
  EXPECT_EQ(sparkline(values), "▁▅█ ▂");
  EXPECT_EQ(sparkline(std::vector<double>{2, 2}), "▁▁");
  EXPECT_EQ(sparkline({}), "");
}

TEST(ProbeTable, TellsLayersClassesAndTheConclusion) {
  const std::string text = probe_table(sample(), 100);
  EXPECT_THAT(text, HasSubstr("3 folds grouped by sentence"));
  EXPECT_THAT(text, HasSubstr("0.490 0.500 0.510")) << "the folds of layer 0";
  EXPECT_THAT(text, HasSubstr("▁▃▆█"));
  EXPECT_THAT(text, HasSubstr("VERB (15)")) << "what NOUN is mostly taken for";
  EXPECT_THAT(text, HasSubstr("scores best"));
  EXPECT_THAT(text, Not(HasSubstr("Beware")));
  ProbeResult unsure = sample();
  unsure.layers[2].converged = false;
  EXPECT_THAT(probe_table(unsure, 100),
              HasSubstr("Beware: the probe did not converge at layer 2."));
}

TEST(ProbeTable, NoLineIsWiderThanTheTerminal) {
  for (const int width : {60, 80, 120}) {
    std::istringstream lines(probe_table(sample(31), width));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(ProbeCsv, OneRowALayer) {
  std::istringstream lines(probe_csv(sample()));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    EXPECT_EQ(std::ranges::count(line, ','), 20) << line;
    ++count;
  }
  EXPECT_EQ(count, 5);
  EXPECT_THAT(confusion_csv(sample()), HasSubstr("NOUN,VERB,15\r\n"));
  EXPECT_THAT(confusion_csv(sample()), Not(HasSubstr(",0\r\n")));
}

TEST(ProbePicture, HasTheCurvesWithTheirBandsAndTheMajority) {
  ProbeResult result = sample();
  const CurvePicture picture = picture_of(result);
  ASSERT_EQ(picture.series.size(), 3U);
  EXPECT_THAT(picture.series[0].x, ElementsAre(0, 1, 2, 3));
  EXPECT_DOUBLE_EQ(picture.series[0].low[0], 0.45);
  EXPECT_EQ(picture.series[2].name, "selectivity");
  EXPECT_EQ(picture.levels[0].name, "majority, 0.600");
  EXPECT_THAT(picture.text.origin[0], HasSubstr("dev.conllu"));
  EXPECT_THAT(picture.text.origin[0], Not(HasSubstr("somewhere")));
  result.random_layers = std::vector<ProbeScore>(4);
  EXPECT_EQ(picture_of(result).series.size(), 4U);
  const ScratchFolder folder;
  write_curve_figure(folder / "a.svg", picture);
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(ConfusionFigure, ColoursSharesOfTheTrueClass) {
  const ScratchFolder folder;
  write_confusion_figure(folder / "a.png", sample(), {.pixels_per_point = 1});
  const Picture picture = read_png(folder / "a.png");
  EXPECT_TRUE(picture.find_block(color_of(ColorMap::kViridis, 0.75F), 100)) << "NOUN as NOUN";
  EXPECT_TRUE(picture.find_block(color_of(ColorMap::kViridis, 0.6F), 100)) << "VERB as VERB";
  EXPECT_TRUE(picture.find_block(color_of(ColorMap::kViridis, 0.15F), 100)) << "VERB as X";
  ProbeResult real = sample();
  real.classes.clear();
  real.best_classes.clear();
  real.confusion.clear();
  EXPECT_THROW(write_confusion_figure(folder / "b.png", real), ShapeError);
}

TEST(ProbeLabelsTable, ShowsTheTwoMostProbable) {
  ProbeLabels result;
  result.unit = "word";
  result.column = "upos";
  result.classes = {"NOUN", "VERB", "X"};
  result.labels = {{"dog", 0, 3, "VERB", {0.2, 0.7, 0.1}}};
  EXPECT_THAT(probe_labels_table(result, 80), HasSubstr("dog   VERB  0.700  NOUN  0.200"));
}

}  // namespace
}  // namespace headlens
