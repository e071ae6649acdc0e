#include "headlens/models/screening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "headlens/kernels/bfloat16.h"
#include "headlens/lenses/logit_lens.h"
#include "headlens/lenses/vocabulary_projection.h"
#include "tests/lenses/word_models.h"

namespace headlens {
namespace {

using testing::Each;

constexpr std::int64_t kWidth = WordModel::kWidth;
constexpr std::int64_t kVocabulary = 6000;
constexpr std::int64_t kBlock = 1024;

/// A few directions, each many times with a little noise, so that the best entries nearly tie;
/// every 50th row is an exact copy of the row 25 before it.
Tensor nearly_tied_rows(unsigned seed, float noise) {
  constexpr std::int64_t kDirections = 20;
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Tensor directions({kDirections, kWidth}), rows({kVocabulary, kWidth});
  for (float& value : directions.values()) value = normal(random);
  for (std::int64_t row = 0; row < kVocabulary; ++row) {
    const float* from = row % 50 == 49 ? rows.data() + (row - 25) * kWidth
                                       : directions.data() + row % kDirections * kWidth;
    for (std::int64_t i = 0; i < kWidth; ++i) {
      rows.data()[row * kWidth + i] = from[i] + (row % 50 == 49 ? 0 : noise * normal(random));
    }
  }
  return rows;
}

Tensor random_rows(unsigned seed, std::int64_t n, float deviation) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  Tensor rows({n, kWidth});
  for (float& value : rows.values()) value = normal(random);
  return rows;
}

/// Values whose rounding to bfloat16 is as large as it gets and always downwards.
float badly_rounded(float sign, std::mt19937& random) {
  const int exponent = static_cast<int>(random() % 3) - 1;
  return sign * std::ldexp(1.0f + 1.0f / 256 - 1.0f / 65536, exponent);
}

double exact_logit(const float* x, const float* w) {
  double sum = 0;
  for (std::int64_t i = 0; i < kWidth; ++i) sum += static_cast<double>(x[i]) * w[i];
  return sum;
}

/// Largest |bf16 logit - exact logit| / margin over all rows and entries, in blocks as the lens
/// takes them.
double largest_share_of_margin(Session& session, const Tensor& weights, const Tensor& x) {
  session.model().load_screening();
  const Screening& screening = session.model().screening();
  const auto bounds = screening_bounds(x.data(), x.size(0), kWidth);
  Tensor logits({x.size(0), kBlock});
  double largest = 0;
  for (std::int64_t begin = 0; begin < kVocabulary; begin += kBlock) {
    const Range columns{begin, std::min(begin + kBlock, kVocabulary)};
    screening.unembedding.multiply_block(x.data(), x.size(0), columns, logits.data());
    for (std::int64_t row = 0; row < x.size(0); ++row) {
      const double margin = bounds[row].margin(screening, columns);
      for (std::int64_t id = columns.begin; id < columns.end; ++id) {
        const double exact = exact_logit(x.data() + row * kWidth, weights.data() + id * kWidth);
        const double off = std::abs(logits.data()[row * columns.size() + id - begin] - exact);
        largest = std::max(largest, off / margin);
      }
    }
  }
  return largest;
}

TEST(ScreeningBound, IsNeverExceededByRandomRows) {
  for (const float deviation : {1e-3f, 1.0f, 300.0f}) {
    const Tensor weights = random_rows(7, kVocabulary, 0.5f);
    WordModel model(weights, 8);
    const Tensor x = random_rows(9, 200, deviation);
    const double share = largest_share_of_margin(model.session(), weights, x);
    EXPECT_LT(share, 1.0) << "deviation " << deviation;
    EXPECT_GT(share, 0.05) << "the bound says nothing";
  }
}

TEST(ScreeningBound, IsNeverExceededByTheWorstRounding) {
  std::mt19937 random(10);
  Tensor weights({kVocabulary, kWidth}), x({20, kWidth});
  std::vector<float> signs(kWidth);
  for (float& sign : signs) sign = random() % 2 == 0 ? 1.0f : -1.0f;
  for (std::int64_t i = 0; i < weights.element_count(); ++i) {
    weights.data()[i] = badly_rounded(signs[i % kWidth], random);
  }
  for (std::int64_t i = 0; i < x.element_count(); ++i) {
    x.data()[i] = badly_rounded(signs[i % kWidth], random);
  }
  WordModel model(weights, 11);
  const double share = largest_share_of_margin(model.session(), weights, x);
  EXPECT_LT(share, 1.0);
  EXPECT_GT(share, 0.5) << "this is meant to come near the bound";
}

/// Two lists are the same but for neighbours that tie in float32: their exact logits, computed
/// here in double, are closer than sums in another order can tell apart.
void expect_same_top(const RowPrediction& f32, const RowPrediction& screened, const float* x,
                     const Tensor& weights, int& swapped) {
  ASSERT_EQ(f32.top.size(), screened.top.size());
  for (std::size_t i = 0; i < f32.top.size(); ++i) {
    if (f32.top[i].id == screened.top[i].id) continue;
    ++swapped;
    const double a = exact_logit(x, weights.data() + f32.top[i].id * kWidth);
    const double b = exact_logit(x, weights.data() + screened.top[i].id * kWidth);
    EXPECT_NEAR(a, b, 4e-6 * std::max(1.0, std::abs(a))) << "rank " << i;
  }
}

class ScreenedProjection : public testing::TestWithParam<float> {};

TEST_P(ScreenedProjection, FindsTheTopOfFloat32AmongNearTies) {
  const Tensor weights = nearly_tied_rows(12, GetParam());
  WordModel model(weights, 13);
  model.session().model().load_head();
  model.session().model().load_screening();
  constexpr int kTop = 10;
  constexpr std::int64_t kRows = 300, kGroup = 3;
  const Tensor x = random_rows(14, kRows, 1.0f);
  const auto f32 =
      project_to_vocabulary(model.session().model(), x, kGroup, kTop, VocabularyProducts::f32);
  const auto screened = project_to_vocabulary(model.session().model(), x, kGroup, kTop,
                                              VocabularyProducts::bf16_screened);
  int swapped = 0;
  for (std::int64_t row = 0; row < kRows; ++row) {
    expect_same_top(f32[row], screened[row], x.data() + row * kWidth, weights, swapped);
    EXPECT_NEAR(f32[row].log_sum_exp, screened[row].log_sum_exp, 0.2);
    EXPECT_NEAR(f32[row].entropy_nats, screened[row].entropy_nats, 0.2);
  }
  EXPECT_LT(swapped, kRows * kTop / 100) << "the data tie too often to test anything";
}

INSTANTIATE_TEST_SUITE_P(Noise, ScreenedProjection, testing::Values(1e-3f, 1e-2f, 1.0f));

TEST(ScreenedProjection, TiesKeepTheLowerIdFirst) {
  Tensor weights({kVocabulary, kWidth});
  std::ranges::fill(weights.values(), 0.25f);
  WordModel model(weights, 15);
  model.session().model().load_head();
  model.session().model().load_screening();
  Tensor x = random_rows(16, 4, 1.0f);
  std::fill_n(x.data(), kWidth, 0.0f);
  for (const auto products : {VocabularyProducts::f32, VocabularyProducts::bf16_screened}) {
    const auto rows = project_to_vocabulary(model.session().model(), x, 2, 4, products);
    for (const RowPrediction& row : rows) {
      ASSERT_EQ(row.top.size(), 4u);
      for (int i = 0; i < 4; ++i) EXPECT_EQ(row.top[i].id, i);
      EXPECT_NEAR(row.entropy_nats, std::log(kVocabulary), 1e-4);
    }
  }
}

/// Rows that bf16 orders the other way round although they tie: one is exact in bf16, the other's
/// rounding errors cancel only in float32.
TEST(ScreenedProjection, TiesThatBfloat16BreaksKeepTheLowerIdFirst) {
  Tensor weights({kVocabulary, kWidth}), x({1, kWidth});
  std::ranges::fill(weights.values(), 0.0f);
  std::ranges::fill(x.values(), 0.0f);
  for (std::int64_t id = 0; id < kVocabulary; ++id) {
    float* row = weights.data() + id * kWidth;
    const float part = static_cast<float>(id % 7) / 512;
    row[0] = 1.0f + part;
    row[1] = 1.0f - part;
  }
  WordModel model(weights, 17);
  model.session().model().load_head();
  model.session().model().load_screening();
  x.data()[0] = x.data()[1] = 1.0f;
  const auto rows =
      project_to_vocabulary(model.session().model(), x, 1, 10, VocabularyProducts::bf16_screened);
  ASSERT_EQ(rows[0].top.size(), 10u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rows[0].top[i].id, i);
}

/// KL(p || q) in nats from log probabilities.
double divergence(const std::vector<double>& log_p, const std::vector<double>& log_q) {
  double kl = 0;
  for (std::size_t id = 0; id < log_p.size(); ++id) {
    kl += std::exp(log_p[id]) * (log_p[id] - log_q[id]);
  }
  return kl;
}

/// Log softmax of the bf16 logits of all rows, in double.
std::vector<std::vector<double>> rounded_log_probabilities(const Screening& screening,
                                                           const Tensor& x) {
  std::vector<std::vector<double>> log_p(x.size(0));
  Tensor logits({x.size(0), kVocabulary});
  screening.unembedding.multiply_block(x.data(), x.size(0), {0, kVocabulary}, logits.data());
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    const float* from = logits.data() + row * kVocabulary;
    const double maximum = *std::max_element(from, from + kVocabulary);
    double sum = 0;
    for (std::int64_t id = 0; id < kVocabulary; ++id) sum += std::exp(from[id] - maximum);
    for (std::int64_t id = 0; id < kVocabulary; ++id) {
      log_p[row].push_back(from[id] - maximum - std::log(sum));
    }
  }
  return log_p;
}

TEST(ScreenedProjection, DivergencesAreThoseOfTheRoundedLogits) {
  const Tensor weights = random_rows(21, kVocabulary, 0.5f);
  WordModel model(weights, 22);
  model.session().model().load_head();
  model.session().model().load_screening();
  constexpr std::int64_t kRows = 40, kGroup = 4;
  Tensor x = random_rows(23, kRows, 3.0f);
  for (std::int64_t row = kGroup - 1; row < kRows; row += kGroup) {
    for (std::int64_t i = 0; i < kWidth; ++i) x.data()[row * kWidth + i] *= 0.3f;
  }
  const auto rows = project_to_vocabulary(model.session().model(), x, kGroup, 5,
                                          VocabularyProducts::bf16_screened);
  const auto log_p = rounded_log_probabilities(model.session().model().screening(), x);
  for (std::int64_t row = 0; row < kRows; ++row) {
    const double kl = divergence(log_p[row / kGroup * kGroup + kGroup - 1], log_p[row]);
    EXPECT_NEAR(rows[row].kl_from_reference_nats, kl, 1e-4 * std::max(1.0, kl));
  }
}

TEST(Projection, EqualsADoublePassOverExactLogits) {
  const Tensor weights = random_rows(18, kVocabulary, 0.4f);
  WordModel model(weights, 19);
  model.session().model().load_head();
  constexpr std::int64_t kGroup = 4, kRows = 2 * kGroup;
  const Tensor x = random_rows(20, kRows, 1.0f);
  const auto rows =
      project_to_vocabulary(model.session().model(), x, kGroup, 3, VocabularyProducts::f32);
  std::vector<std::vector<double>> log_p(kRows, std::vector<double>(kVocabulary));
  for (std::int64_t row = 0; row < kRows; ++row) {
    double sum = 0, entropy = 0;
    for (std::int64_t id = 0; id < kVocabulary; ++id) {
      log_p[row][id] = exact_logit(x.data() + row * kWidth, weights.data() + id * kWidth);
      sum += std::exp(log_p[row][id]);
    }
    for (double& value : log_p[row]) {
      value -= std::log(sum);
      entropy -= std::exp(value) * value;
    }
    EXPECT_NEAR(rows[row].log_sum_exp, std::log(sum), 1e-5);
    EXPECT_NEAR(rows[row].entropy_nats, entropy, 1e-4);
  }
  for (std::int64_t row = 0; row < kRows; ++row) {
    const double kl = divergence(log_p[row / kGroup * kGroup + kGroup - 1], log_p[row]);
    EXPECT_NEAR(rows[row].kl_from_reference_nats, kl, 1e-4 * std::max(1.0, kl));
  }
}

}  // namespace
}  // namespace headlens
