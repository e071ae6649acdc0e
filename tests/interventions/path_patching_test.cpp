#include "headlens/interventions/path_patching.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/interventions/edge_attribution.h"
#include "tests/interventions/edge_test_support.h"

namespace headlens {
namespace {

std::vector<Edge> all_edges(const ModelSpec& spec) {
  std::vector<Edge> edges;
  for (const Sender& sender : senders_of(spec)) {
    for (const Receiver& receiver : receivers_of(spec)) {
      if (reaches(sender, receiver, spec)) edges.push_back({sender, receiver});
    }
  }
  return edges;
}

class Edges : public testing::TestWithParam<std::string> {
 protected:
  Edges() : model_(GetParam()), pair_(differing_pair(model_)) {}
  Session& session() { return model_.session(); }

  ParityModel model_;
  AskedPair pair_;
};

TEST_P(Edges, PatchedEqualRunsWithHooks) {
  const std::vector<Edge> edges = all_edges(session().spec());
  const PathEffects effects =
      path_effects(session(), pair_, edges, Metric::logit_difference, PatchDirection::denoise, {});
  int moved = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    EXPECT_NEAR(effects.values[i], naive_edge(session(), pair_, edges[i]), 3e-5)
        << name_of(edges[i].sender) << " -> " << name_of(edges[i].receiver);
    moved += std::abs(effects.values[i] - effects.corrupt) > 1e-4 ? 1 : 0;
  }
  EXPECT_GT(moved, static_cast<int>(edges.size()) / 3) << "most edges change nothing";
}

TEST_P(Edges, DoNotDependOnHowManyRunTogether) {
  const std::vector<Edge> edges = all_edges(session().spec());
  const auto run = [&](std::int64_t memory) {
    return path_effects(session(), pair_, edges, Metric::logit_difference, PatchDirection::noise,
                        {.memory_bytes = memory})
        .values;
  };
  const std::vector<double> few = run(std::int64_t{1} << 20), many = run(std::int64_t{1} << 30);
  for (std::size_t i = 0; i < edges.size(); ++i) EXPECT_NEAR(few[i], many[i], 2e-5);
}

/// An estimate is the slope of the exact effect where none of the difference is added yet.
TEST_P(Edges, EstimatesAreSlopes) {
  const EdgeEstimates all =
      estimate_edges(session(), pair_, Metric::logit_difference, PatchDirection::denoise, 0);
  ASSERT_EQ(all.edges.size(), all_edges(session().spec()).size());
  for (std::size_t i = 0; i < all.edges.size(); i += 3) {
    constexpr float kShare = 0.004f;
    const double slope = (naive_edge(session(), pair_, all.edges[i], kShare) -
                          naive_edge(session(), pair_, all.edges[i], -kShare)) /
                         (2.0 * kShare);
    EXPECT_NEAR(all.estimates[i], slope, 0.01 * std::abs(slope) + 8e-4)
        << name_of(all.edges[i].sender) << " -> " << name_of(all.edges[i].receiver);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Edges, testing::ValuesIn(stream_models()),
                         [](const auto& test) { return test.param; });

TEST(CircuitNodes, NamesAreReadAsTheyAreWritten) {
  ParityModel model("llama");
  const ModelSpec& spec = model.session().spec();
  for (const Sender& sender : senders_of(spec)) {
    EXPECT_EQ(parse_sender(name_of(sender), spec), sender);
  }
  for (const Receiver& receiver : receivers_of(spec)) {
    EXPECT_EQ(parse_receiver(name_of(receiver), spec), receiver);
  }
  EXPECT_THROW(parse_sender("L99H0", spec), UsageError);
  EXPECT_THROW(parse_receiver("L0H0.x", spec), UsageError);
}

TEST(CircuitNodes, PostNormModelsHaveNoEdges) {
  ParityModel model("bert_masked_lm");
  EXPECT_THROW(senders_of(model.session().spec()), UnsupportedError);
}

TEST(PathPatching, RefusesEdgesThatLeadBack) {
  ParityModel model("gpt2");
  AskedPair pair = differing_pair(model);
  const Edge back{{1, 0}, {ReceiverKind::q, 0, 0}};
  EXPECT_THROW(path_effects(model.session(), pair, {&back, 1}, Metric::logit_difference,
                            PatchDirection::denoise, {}),
               UsageError);
}

}  // namespace
}  // namespace headlens
