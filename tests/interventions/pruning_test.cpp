#include "headlens/interventions/pruning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "headlens/formats/safetensors.h"
#include "tests/interventions/pruning_test_support.h"
#include "tests/parity/parity_models.h"
#include "tests/run/tiny_llama.h"

namespace headlens {
namespace {

/// What a removed head's z becomes: [head, d_head] of a layer, or nothing for zero.
using Replacements = std::map<int, std::vector<float>>;

/// One whole run with hooks, and the loss worked out from its logits in double.
double naive_loss(Session& session, const TokenSequence& sequence,
                  const std::vector<HeadPlace>& removed, const Replacements& with = {}) {
  HookSet hooks;
  for (const HeadPlace place : removed) {
    hooks.edit({SiteKind::z, place.layer}, [place, &with](Tensor& z) {
      auto view = z.view<4>();
      for (std::int64_t p = 0; p < z.size(1); ++p) {
        for (std::int64_t i = 0; i < z.size(3); ++i) {
          view(0, p, place.head, i) =
              with.empty() ? 0 : with.at(place.layer).at(place.head * z.size(3) + i);
        }
      }
    });
  }
  const RunOutput run = session.run_with_hooks({sequence}, hooks);
  const std::int64_t n = session.spec().vocab_size;
  double loss = 0;
  for (std::size_t p = 0; p + 1 < sequence.ids.size(); ++p) {
    const float* logits = run.logits.data() + static_cast<std::int64_t>(p) * n;
    const double most = *std::max_element(logits, logits + n);
    double total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += std::exp(logits[i] - most);
    loss -= logits[sequence.ids[p + 1]] - most - std::log(total);
  }
  return loss / static_cast<double>(sequence.ids.size() - 1);
}

std::vector<HeadPlace> first_of(const std::vector<HeadPlace>& order, int count) {
  return {order.begin(), order.begin() + count};
}

std::vector<HeadPlace> sorted(std::vector<HeadPlace> heads) {
  std::ranges::sort(heads, {}, [](HeadPlace h) { return std::pair(h.layer, h.head); });
  return heads;
}

class Pruning : public testing::TestWithParam<std::string> {
 protected:
  Pruning() : model_(GetParam()) {}

  Session& session() { return model_.session(); }

  void expect_curve(const PruningResult& result, const PruningCurve& curve,
                    const TokenSequence& sequence) {
    ASSERT_EQ(curve.loss_nats.size(), result.counts.size());
    for (std::size_t i = 0; i < result.counts.size(); ++i) {
      EXPECT_NEAR(curve.loss_nats[i],
                  naive_loss(session(), sequence, first_of(curve.order, result.counts[i])), 1e-4)
          << result.counts[i] << " heads removed";
    }
  }

  ParityModel model_;
};

TEST_P(Pruning, EveryPointIsARunWithThoseHeadsZeroed) {
  const TokenSequence sequence = model_.sequence(0);
  const PruningResult result = prune(session(), {text_of(sequence)}, {.random_orders = 2});
  EXPECT_FALSE(result.held_out);
  EXPECT_TRUE(result.texts[0].for_importance && result.texts[0].for_curve);
  const double base = naive_loss(session(), sequence, {});
  EXPECT_NEAR(result.base_loss_nats, base, 1e-4);
  EXPECT_NEAR(result.texts[0].base_loss_nats, base, 1e-4);
  EXPECT_NEAR(result.importance_base_nats, base, 1e-4);
  ASSERT_EQ(result.random.size(), 2U);
  const auto heads = static_cast<int>(result.importance.values.size());
  EXPECT_EQ(result.counts, pruning_counts(heads, {}));
  for (const PruningCurve* curve :
       {&result.least_first, &result.most_first, &result.random[0], &result.random[1]}) {
    expect_curve(result, *curve, sequence);
    EXPECT_EQ(sorted(curve->order), sorted(result.least_first.order));
  }
  EXPECT_NE(result.random[0].order, result.random[1].order);
  EXPECT_GT(std::abs(result.least_first.loss_nats.back() - base), 1e-3) << "heads matter";
}

TEST_P(Pruning, ImportanceIsTheLossWithThatHeadAlone) {
  const TokenSequence sequence = model_.sequence(0);
  const PruningResult result = prune(session(), {text_of(sequence)}, {.random_orders = 0});
  EXPECT_TRUE(result.random.empty());
  const double base = naive_loss(session(), sequence, {});
  const auto n_heads = static_cast<std::size_t>(session().spec().block().n_heads);
  std::vector<double> naive;
  for (int layer = 0; layer < session().spec().n_layers(); ++layer) {
    for (int head = 0; head < static_cast<int>(n_heads); ++head) {
      naive.push_back(naive_loss(session(), sequence, {{layer, head}}) - base);
      EXPECT_NEAR(result.importance.values[naive.size() - 1], naive.back(), 1e-4);
    }
  }
  double before = -INFINITY;
  for (const HeadPlace place : result.least_first.order) {
    const double here = naive[place.layer * n_heads + place.head];
    EXPECT_GT(here, before - 1e-4) << to_string(place);
    before = here;
  }
  std::vector<HeadPlace> reversed = result.least_first.order;
  std::ranges::reverse(reversed);
  EXPECT_EQ(result.most_first.order, reversed);
}

/// Ranking on the first half, rounded up; measuring on the rest; weighting by tokens.
TEST_P(Pruning, HoldsTextsOut) {
  TokenSequence third = model_.sequence(0);
  third.ids.resize(5);
  if (!third.type_ids.empty()) third.type_ids.resize(5);
  const std::vector<PruningText> texts{text_of(model_.sequence(0), 1),
                                       text_of(model_.sequence(1), 3), text_of(third, 4)};
  const PruningResult result = prune(session(), texts, {.random_orders = 1});
  EXPECT_TRUE(result.held_out);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(result.texts[i].for_importance, i < 2);
    EXPECT_EQ(result.texts[i].for_curve, i == 2);
    EXPECT_EQ(result.texts[i].line, texts[i].line);
  }
  const auto both = [&](const std::vector<HeadPlace>& removed) {
    double sum = 0, tokens = 0;
    for (int i = 0; i < 2; ++i) {
      const TokenSequence& sequence = texts[i].prompt.sequence;
      const auto predicted = static_cast<double>(sequence.ids.size() - 1);
      sum += naive_loss(session(), sequence, removed) * predicted;
      tokens += predicted;
    }
    return sum / tokens;
  };
  EXPECT_NEAR(result.importance_base_nats, both({}), 1e-4);
  EXPECT_NEAR(result.importance.values[1], both({{0, 1}}) - both({}), 1e-4);
  for (const PruningCurve* curve : {&result.least_first, &result.most_first, &result.random[0]}) {
    expect_curve(result, *curve, third);
  }
}

TEST_P(Pruning, MeansOfReferenceTexts) {
  const std::vector<TokenSequence> reference{model_.sequence(0), model_.sequence(1)};
  Replacements means;
  for (int layer = 0; layer < session().spec().n_layers(); ++layer) {
    std::vector<double> sum(session().spec().block().q_width());
    double count = 0;
    for (const TokenSequence& text : reference) {
      const RunOutput run = session().run_with_cache({text}, {{SiteKind::z, layer}});
      const Tensor& z = run.cache.at({SiteKind::z, layer});
      for (std::int64_t i = 0; i < z.element_count(); ++i) sum[i % sum.size()] += z.data()[i];
      count += static_cast<double>(text.ids.size());
    }
    for (const double s : sum) means[layer].push_back(static_cast<float>(s / count));
  }
  const TokenSequence sequence = model_.sequence(1);
  const PruningResult result = prune(session(), {text_of(sequence)},
                                     {.replacement = Replacement::mean, .reference = reference});
  EXPECT_EQ(result.kind, "mean");
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    const auto removed = first_of(result.most_first.order, result.counts[i]);
    EXPECT_NEAR(result.most_first.loss_nats[i], naive_loss(session(), sequence, removed, means),
                1e-4);
  }
}

TEST_P(Pruning, IsTheSameAgainAndForAnyBudgetAndDrawsBySeed) {
  const std::vector<PruningText> texts{text_of(model_.sequence(0)), text_of(model_.sequence(1))};
  PruningOptions options{.replacement = Replacement::resample,
                         .reference = {model_.sequence(0), model_.sequence(0)},
                         .steps = 3,
                         .seed = 4};
  const PruningResult once = prune(session(), texts, options);
  options.sweep.memory_bytes = 400'000;
  const PruningResult again = prune(session(), texts, options);
  EXPECT_EQ(once.provenance.seed, 4U);
  ASSERT_EQ(once.random.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(once.random[i].order, again.random[i].order);
    for (std::size_t c = 0; c < once.counts.size(); ++c) {
      EXPECT_NEAR(once.random[i].loss_nats[c], again.random[i].loss_nats[c], 1e-5);
    }
  }
  options.seed = 5;
  EXPECT_NE(prune(session(), texts, options).random[0].order, once.random[0].order);
}

/// More sets of heads than are swept over at once.
TEST_P(Pruning, ManyOrders) {
  const TokenSequence sequence = model_.sequence(1);
  const PruningResult result = prune(session(), {text_of(sequence)}, {.random_orders = 100});
  ASSERT_EQ(result.random.size(), 100U);
  ASSERT_GT(result.random.size() * result.counts.size(), 512U);
  expect_curve(result, result.least_first, sequence);
  expect_curve(result, result.random.front(), sequence);
  expect_curve(result, result.random.back(), sequence);
}

INSTANTIATE_TEST_SUITE_P(Models, Pruning,
                         testing::Values("gpt2", "gpt_neox_parallel", "llama", "mistral", "qwen3"),
                         [](const auto& test) { return test.param; });

/// The tiny Llama, where the output weights of these heads are zero in every layer.
Session llama_with_silent_heads(const TemporaryDirectory& folder, const std::vector<int>& silent) {
  const TinyLlamaShape shape;
  write_tiny_llama(folder, shape);
  const auto path = folder.path() / "model.safetensors";
  std::map<std::string, Tensor> values;
  {
    const Checkpoint checkpoint = read_safetensors(path);
    for (const auto& [name, stored] : checkpoint.tensors) {
      values.emplace(name, ParityModel::decode(stored));
    }
  }
  std::vector<NamedTensor> tensors;
  for (auto& [name, tensor] : values) {
    if (name.ends_with("o_proj.weight")) {
      const std::int64_t width = shape.n_heads * shape.d_head;
      for (std::int64_t i = 0; i < tensor.element_count(); ++i) {
        const auto head = static_cast<int>(i % width / shape.d_head);
        if (std::ranges::find(silent, head) != silent.end()) tensor.data()[i] = 0;
      }
    }
    tensors.push_back({name, tensor.shape(), tensor.values()});
  }
  std::filesystem::remove(path);
  write_safetensors(path, tensors);
  return open_tiny_llama(folder);
}

TEST(PruningOfSilentHeads, ChangesNothing) {
  const TemporaryDirectory folder;
  Session session = llama_with_silent_heads(folder, {1, 4});
  const PruningResult result =
      prune(session, {text_of(tiny_llama_tokens(20, 1)), text_of(tiny_llama_tokens(30, 2))}, {});
  ASSERT_EQ(result.importance.values.size(), 12U);
  for (int layer = 0; layer < 2; ++layer) {
    for (int head = 0; head < 6; ++head) {
      const double change = result.importance.values[layer * 6 + head];
      if (head == 1 || head == 4) {
        EXPECT_NEAR(change, 0, 1e-6);
      } else {
        EXPECT_GT(std::abs(change), 1e-5);
      }
    }
  }
  const PruningCurve& curve = result.least_first;
  for (std::size_t i = 0; i < curve.order.size(); ++i) {
    const int head = curve.order[i].head;
    if (head != 1 && head != 4) continue;
    EXPECT_NEAR(curve.loss_nats[i + 1], curve.loss_nats[i], 1e-5);
  }
}

TEST(PruningOfSilentHeads, WhereAllAreSilentEveryCurveIsFlat) {
  const TemporaryDirectory folder;
  Session session = llama_with_silent_heads(folder, {0, 1, 2, 3, 4, 5});
  const PruningResult result = prune(session, {text_of(tiny_llama_tokens(40, 3))}, {});
  for (const double loss : result.most_first.loss_nats) {
    EXPECT_NEAR(loss, result.base_loss_nats, 1e-5);
  }
  EXPECT_EQ(heads_before_rise(result, result.most_first.loss_nats, 0.1), 12);
}

}  // namespace
}  // namespace headlens
