#include "headlens/learn/online_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "headlens/base/errors.h"
#include "tests/learn/learn_golden.h"
#include "tests/learn/structure_golden.h"

namespace headlens {
namespace {

struct OnlineCodes : testing::Test {
  const nlohmann::json& golden = structure_golden()["codes"];
  Tensor x = learn_array("overlapping");
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["overlapping"]["labels"].get<std::vector<std::int32_t>>();
};

/// scikit-learn's optima, and numpy's sums over them.
TEST_F(OnlineCodes, AreThoseOfScikitLearnsProbes) {
  for (const auto& expected : golden["online"]) {
    const auto ends = expected["ends"].get<std::vector<std::int64_t>>();
    const OnlineLogistic probe{
        .c = expected["c"], .standardize = expected["standardize"], .fit = {.tolerance = 1e-10}};
    const OnlineCode code = online_code(matrix(x), labels, ends, probe);
    ASSERT_EQ(code.portions.size(), ends.size());
    for (std::size_t p = 0; p < ends.size(); ++p) {
      EXPECT_EQ(code.portions[p].end, ends[p]);
      const double bits = expected["bits"][p];
      EXPECT_NEAR(code.portions[p].bits, bits, 2e-3 * (1 + bits)) << p;
    }
    EXPECT_NEAR(code.code_length_bits, expected["code_length_bits"].get<double>(), 0.1);
    EXPECT_NEAR(code.compression, expected["compression"].get<double>(), 1e-3);
    EXPECT_NEAR(voita_notebook_kbits(code), expected["notebook_kbits"].get<double>(), 1e-4);
    EXPECT_NEAR(voita_notebook_compression(code) * voita_notebook_kbits(code) * 1024,
                code.uniform_bits, 1e-6);
  }
}

TEST_F(OnlineCodes, PortionsEndWithGroupsNearestToTheFractions) {
  const auto ends = golden["group_ends"].get<std::vector<std::int64_t>>();
  EXPECT_EQ(portion_ends(ends), golden["of_groups"].get<std::vector<std::int64_t>>());
  std::vector<std::int64_t> rows(labels.size());
  std::iota(rows.begin(), rows.end(), 1);
  EXPECT_EQ(portion_ends(rows), golden["of_rows"].get<std::vector<std::int64_t>>());
  const std::vector<std::int64_t> one{7};
  EXPECT_EQ(portion_ends(one), one);
  EXPECT_THROW(portion_ends({}), UsageError);
  const std::vector<double> outside{0.5, 1.5};
  EXPECT_THROW(portion_ends(one, outside), UsageError);
}

/// Several labellings at once are each alone.
TEST_F(OnlineCodes, DoNotDependOnEachOther) {
  std::vector<std::int32_t> other = labels;
  std::ranges::reverse(other);
  const std::vector<std::int64_t> ends{10, 60, 230};
  const std::vector<std::span<const std::int32_t>> both{labels, other};
  const std::vector<OnlineCode> together = online_codes(matrix(x), both, ends);
  EXPECT_EQ(together[0].code_length_bits, online_code(matrix(x), labels, ends).code_length_bits);
  EXPECT_EQ(together[1].code_length_bits, online_code(matrix(x), other, ends).code_length_bits);
}

/// Labels that no state tells anything of cost about what their shares say, plus what learning
/// costs; labels that a state gives away cost little.
TEST_F(OnlineCodes, AreShortWhereStatesTell) {
  Tensor told = x.clone();
  for (std::int64_t i = 0; i < told.size(0); ++i) {
    told.data()[i * told.size(1)] = static_cast<float>(20 * labels[i]);
  }
  const std::vector<std::int64_t> ends{10, 30, 60, 120, 230};
  const double plain = online_code(matrix(x), labels, ends).code_length_bits;
  EXPECT_LT(online_code(matrix(told), labels, ends).code_length_bits, 0.6 * plain);
}

/// The probability of every label, known or new, is at most one in all: after one row of one class
/// the code of all K labels adds up.
TEST_F(OnlineCodes, SpendOneProbabilityOnAllClasses) {
  const std::vector<float> states{1, 2, 3, 4};
  const TensorView<const float, 2> view(states.data(), {4, 1});
  const std::vector<std::int64_t> ends{1, 2, 4};
  double sum = 0;
  for (const std::int32_t second : {0, 1, 2}) {
    const std::vector<std::int32_t> own{0, second, 1, 2};  // three classes in each
    sum += std::exp2(-online_code(view, own, ends).portions[1].bits);
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  const OnlineCode code = online_code(view, std::vector<std::int32_t>{0, 1, 0, 2}, ends);
  EXPECT_NEAR(code.portions[0].bits, std::log2(3), 1e-12);
  EXPECT_NEAR(code.portions[1].bits, std::log2(3), 1e-12);
  EXPECT_EQ(code.portions[2].new_labels, 1);
}

TEST_F(OnlineCodes, TakeProbesByAdam) {
  const std::vector<std::int64_t> ends{40, 230};
  for (const int hidden : {0, 16}) {
    const OnlineAdam probe{{.hidden = hidden, .batch_size = 20, .epochs = 20, .seed = 2}};
    const OnlineCode code = online_code(matrix(x), labels, ends, probe);
    const TensorView<const float, 2> first(x.data(), {40, x.size(1)});
    const TensorView<const float, 2> rest(x.data() + 40 * x.size(1), {190, x.size(1)});
    const AdamProbe trained =
        train_adam_probe(first, std::span(labels).first(40), probe.probe).probe;
    ASSERT_EQ(trained.classes().size(), 4u);
    const std::vector<double> scores = trained.scores(rest);
    double bits = 0;
    for (int i = 0; i < 190; ++i) {
      double sum = 0;
      for (int c = 0; c < 4; ++c) sum += std::exp(scores[i * 4 + c]);
      bits -= std::log2(std::exp(scores[i * 4 + labels[40 + i]]) / sum);
    }
    EXPECT_NEAR(code.portions[1].bits, bits, 1e-6 * bits);
  }
}

TEST_F(OnlineCodes, RefuseWhatMakesNoSense) {
  const auto n = static_cast<std::int64_t>(labels.size());
  const std::vector<std::int64_t> whole{10, n}, backwards{20, 10, n}, none, short_of{10, n - 1};
  EXPECT_THROW(online_code(matrix(x), labels, backwards), UsageError);
  EXPECT_THROW(online_code(matrix(x), labels, none), UsageError);
  EXPECT_THROW(online_code(matrix(x), labels, short_of), UsageError);
  const std::vector<std::int32_t> same(labels.size(), 3);
  EXPECT_THROW(online_code(matrix(x), same, whole), UsageError);
  EXPECT_THROW(online_code(matrix(x), std::span(labels).first(9), whole), ShapeError);
}

}  // namespace
}  // namespace headlens
