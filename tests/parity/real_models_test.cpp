#include "tests/parity/real_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/run/prompt.h"

namespace headlens {
namespace {

class RealModels : public testing::TestWithParam<std::tuple<const char*, int>> {
 protected:
  RealModels()
      : model_(std::get<0>(GetParam())), golden_(model_), prompt_(std::get<1>(GetParam())) {}

  void SetUp() override {
    if (const std::string reason = reason_to_skip(model_); !reason.empty()) GTEST_SKIP() << reason;
    session_ = &real_session(model_);
  }

  bool causal() const { return session_->spec().predicts_tokens(); }
  Tensor numbers(const std::string& name) const { return golden_.numbers(prompt_, name); }
  std::vector<std::int64_t> integers(const std::string& name) const {
    return golden_.integers(prompt_, name);
  }
  std::vector<Tensor> states(const RunOutput& run) const;
  void expect_states(const RunOutput& run) const;
  void expect_attention(const RunOutput& run) const;
  void expect_logits(const Tensor& logits) const;
  void expect_top_logits(const Tensor& logits) const;

  std::string model_;
  RealGolden golden_;
  int prompt_;
  Session* session_ = nullptr;
};

std::span<const float> row(const Tensor& tensor, std::int64_t index) {
  const std::int64_t width = tensor.size(tensor.rank() - 1);
  return tensor.values().subspan(index * width, width);
}

double root_mean_square(std::span<const float> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

double mean(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double log_sum_exp(std::span<const float> values) {
  const double top = *std::ranges::max_element(values);
  double sum = 0;
  for (const double value : values) sum += std::exp(value - top);
  return top + std::log(sum);
}

/// Mean over queries of where on [0, 1) their attention lies.
double centroid(std::span<const float> matrix, std::int64_t tokens) {
  double sum = 0;
  for (std::int64_t i = 0; i < tokens * tokens; ++i) {
    sum += static_cast<double>(matrix[i]) * static_cast<double>(i % tokens);
  }
  return sum / static_cast<double>(tokens * tokens);
}

/// What the unembedding reads: the site lacks the norm's weight.
Tensor after_final_norm(const Session& session, const RunOutput& run) {
  Tensor state = run.cache.at({SiteKind::ln_final_normalized}).clone();
  const Tensor& weight = session.model().final_norm().weight;
  for (std::int64_t i = 0; i < state.element_count(); ++i) {
    state.data()[i] *= weight.data()[i % weight.element_count()];
  }
  return state;
}

std::vector<Tensor> RealModels::states(const RunOutput& run) const {
  std::vector<Tensor> states;
  for (const Site site : state_sites(*session_)) states.push_back(run.cache.at(site).clone());
  if (causal()) states.push_back(after_final_norm(*session_, run));
  return states;
}

void RealModels::expect_states(const RunOutput& run) const {
  Comparison entries("hidden_entries"), means("hidden_row_means"), roots("hidden_row_sizes");
  const auto at = integers("hidden.at");
  const Tensor values = numbers("hidden.values");
  const Tensor row_means = numbers("hidden.means"), row_roots = numbers("hidden.roots");
  const std::vector<Tensor> ours = states(run);
  ASSERT_EQ(values.size(0), static_cast<std::int64_t>(ours.size()));
  for (std::size_t s = 0; s < ours.size(); ++s) {
    entries.add(ours[s], at, row(values, s));
    for (std::int64_t token = 0; token < row_means.size(1); ++token) {
      const double size = root_mean_square(row(ours[s], token));
      means.add(mean(row(ours[s], token)), row(row_means, s)[token], size);
      roots.add(root_mean_square(row(ours[s], token)), row(row_roots, s)[token]);
    }
  }
}

void RealModels::expect_attention(const RunOutput& run) const {
  Comparison entries("attention_entries"), roots("attention_sizes");
  Comparison centroids("attention_centroids");
  const auto at = integers("attention.at");
  const Tensor values = numbers("attention.values");
  const Tensor head_roots = numbers("attention.roots");
  const Tensor head_centroids = numbers("attention.centroids");
  ASSERT_EQ(values.size(0), session_->spec().n_layers());
  for (int layer = 0; layer < session_->spec().n_layers(); ++layer) {
    const Tensor& pattern = run.cache.at({SiteKind::pattern, layer});
    ASSERT_EQ(pattern.size(1), head_roots.size(1));
    entries.add(pattern, at, row(values, layer));
    const std::int64_t tokens = pattern.size(2);
    for (std::int64_t head = 0; head < pattern.size(1); ++head) {
      const auto matrix = pattern.values().subspan(head * tokens * tokens, tokens * tokens);
      roots.add(root_mean_square(matrix), row(head_roots, layer)[head]);
      centroids.add(centroid(matrix, tokens), row(head_centroids, layer)[head]);
    }
  }
}

void RealModels::expect_logits(const Tensor& logits) const {
  Comparison entries("logit_entries"), sums("logit_logsumexp");
  entries.add(logits, integers("logits.at"), numbers("logits.values").values());
  const Tensor row_sums = numbers("logits.logsumexp");
  ASSERT_EQ(logits.size(1), row_sums.element_count());
  for (std::int64_t token = 0; token < logits.size(1); ++token) {
    sums.add(log_sum_exp(row(logits, token)), row_sums.data()[token]);
  }
}

void RealModels::expect_top_logits(const Tensor& logits) const {
  Comparison top("top_logits");
  const Tensor values = numbers("logits.top_values");
  const auto ids = integers("logits.top_ids");
  const std::int64_t k = values.size(1);
  for (std::int64_t token = 0; token < values.size(0); ++token) {
    const auto ours = row(logits, token);
    const auto expected = row(values, token);
    for (std::int64_t i = 0; i < k; ++i) top.add(ours[ids[token * k + i]], expected[i]);
    const auto above = [&](float logit) { return logit > expected[k - 1] + 2e-4f; };
    EXPECT_LT(std::ranges::count_if(ours, above), k) << "other tokens lead at " << token;
  }
}

TEST_P(RealModels, TokensLogitsHiddenStatesAndAttentionEqualTransformers) {
  const TokenSequence sequence = make_prompt(*session_, golden_.text(prompt_)).sequence;
  ASSERT_THAT(sequence.ids, testing::ElementsAreArray(integers("token_ids")));
  std::vector<Site> sites = state_sites(*session_);
  for (const Site site : pattern_sites(*session_)) sites.push_back(site);
  if (causal()) sites.push_back({SiteKind::ln_final_normalized});
  const RunOutput run = session_->run_with_cache({sequence}, sites);
  expect_states(run);
  expect_attention(run);
  if (causal()) {
    expect_logits(run.logits);
    expect_top_logits(run.logits);
  }
}

INSTANTIATE_TEST_SUITE_P(Prompts, RealModels,
                         testing::Combine(testing::Values(kSmolLm2, kMiniLm),
                                          testing::Range(0, kRealPrompts)),
                         [](const auto& test) {
                           const bool llama = std::get<0>(test.param) == std::string(kSmolLm2);
                           return (llama ? "SmolLM2_" : "MiniLM_") +
                                  std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace headlens
