#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/interventions/ablation.h"
#include "headlens/interventions/circuit_runs.h"
#include "headlens/interventions/edge_attribution.h"
#include "headlens/interventions/faithfulness.h"
#include "headlens/interventions/path_patching.h"
#include "tests/planted/planted_model.h"

namespace headlens {
namespace {

/// What counts as an effect: this part of the difference between the clean and the corrupt run.
constexpr double kLevel = 0.05;
constexpr unsigned kSeeds = 20;

std::string name_of(const Edge& edge) {
  return name_of(edge.sender) + " -> " + name_of(edge.receiver);
}

std::vector<std::string> names_of(const std::vector<Edge>& edges) {
  std::vector<std::string> names;
  for (const Edge& edge : edges) names.push_back(name_of(edge));
  std::ranges::sort(names);
  return names;
}

/// Found edges or heads against the planted ones, over all models.
struct Score {
  int found = 0, right = 0, planted = 0;

  void add(const std::vector<std::string>& names, const std::vector<std::string>& truth) {
    found += static_cast<int>(names.size());
    planted += static_cast<int>(truth.size());
    for (const std::string& name : names) right += std::ranges::count(truth, name) > 0 ? 1 : 0;
  }
  double precision() const { return static_cast<double>(right) / found; }
  double recall() const { return static_cast<double>(right) / planted; }
};

class PlantedTruthTest : public testing::TestWithParam<PlantedCircuit> {
 protected:
  /// Calls body with every model.
  template <typename Body>
  void for_each_model(const Body& body) {
    for (unsigned seed = 0; seed < kSeeds; ++seed) {
      PlantedModel model(GetParam(), seed);
      body(model);
    }
  }

  static Score estimated(PlantedModel& model, int steps) {
    AskedPair pair = model.pair();
    const EdgeEstimates all = estimate_edges(model.session(), pair, Metric::logit_difference,
                                             PatchDirection::denoise, steps);
    std::vector<std::size_t> order(all.edges.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, std::greater(),
                      [&](std::size_t i) { return std::abs(all.estimates[i]); });
    std::vector<std::string> top;
    for (std::size_t i = 0; i < model.truth().edges.size(); ++i) {
      top.push_back(name_of(all.edges[order[i]]));
    }
    Score score;
    score.add(top, names_of(model.truth().edges));
    return score;
  }
};

TEST_P(PlantedTruthTest, AblationFindsExactlyThePlantedHeads) {
  for_each_model([](PlantedModel& model) {
    std::vector<AskedPrompt> asked;
    asked.push_back(std::move(model.pair().clean));
    const auto effects =
        ablation_effects(model.session(), asked, {.asked = {.metric = Metric::logit_difference}});
    const double base = effects[0].base;
    ASSERT_GT(base, 0.5) << "the clean run is answered";
    std::vector<std::string> found, planted;
    const auto places = grid_places(effects[0].grid.axes);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (std::abs(effects[0].grid.values[i] - base) < kLevel * base) continue;
      found.push_back(name_of(Sender{places[i].layer, places[i].head}));
    }
    for (const Sender& head : model.truth().heads) planted.push_back(name_of(head));
    EXPECT_EQ(found, planted);
  });
}

TEST_P(PlantedTruthTest, PathPatchingFindsExactlyThePlantedEdges) {
  for_each_model([](PlantedModel& model) {
    AskedPair pair = model.pair();
    std::vector<Edge> edges;
    const ModelSpec& spec = model.session().spec();
    for (const Sender& sender : senders_of(spec)) {
      for (const Receiver& receiver : receivers_of(spec)) {
        if (reaches(sender, receiver, spec)) edges.push_back({sender, receiver});
      }
    }
    for (const PatchDirection direction : {PatchDirection::denoise, PatchDirection::noise}) {
      const PathEffects effects =
          path_effects(model.session(), pair, edges, Metric::logit_difference, direction, {});
      const double edited = direction == PatchDirection::denoise ? effects.corrupt : effects.clean;
      const double whole = std::abs(effects.clean - effects.corrupt);
      ASSERT_GT(whole, 0.5);
      std::vector<Edge> found;
      for (std::size_t i = 0; i < edges.size(); ++i) {
        if (std::abs(effects.values[i] - edited) >= kLevel * whole) found.push_back(edges[i]);
      }
      EXPECT_EQ(names_of(found), names_of(model.truth().edges)) << to_string(direction);
    }
  });
}

TEST_P(PlantedTruthTest, KeepingExactlyThePlantedEdgesIsFaithful) {
  for_each_model([](PlantedModel& model) {
    const CircuitGraph graph(model.session().spec());
    std::vector<std::size_t> planted;
    for (std::size_t i = 0; i < graph.edges().size(); ++i) {
      const auto truth = names_of(model.truth().edges);
      if (std::ranges::count(truth, name_of(graph.edges()[i])) > 0) planted.push_back(i);
    }
    ASSERT_EQ(planted.size(), model.truth().edges.size());
    std::vector<Circuit> circuits{{graph, planted}};
    for (std::size_t left_out = 0; left_out < planted.size(); ++left_out) {
      std::vector<std::size_t> rest = planted;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
      circuits.emplace_back(graph, rest);
    }
    std::vector<AskedPair> pairs;
    pairs.push_back(model.pair());
    const std::vector<double> values = faithfulness(
        CircuitRunner(model.session(), graph, Metric::logit_difference, {}).run(pairs, circuits));
    // Decoys write where nobody reads, but all together they still move the final norm's scale.
    EXPECT_NEAR(values[0], 1, 2 * kLevel);
    for (std::size_t i = 1; i < values.size(); ++i) EXPECT_NEAR(values[i], 0, 1e-5);
  });
}

/// Estimates may be wrong; how often is stated in docs/circuits.md.
TEST_P(PlantedTruthTest, EstimatesFindMostPlantedEdges) {
  for (const int steps : {0, 5, 20}) {
    Score all;
    for_each_model([&](PlantedModel& model) {
      const Score one = estimated(model, steps);
      all.found += one.found;
      all.right += one.right;
      all.planted += one.planted;
    });
    const std::string name = "steps_" + std::to_string(steps);
    RecordProperty(name + "_precision", std::to_string(all.precision()));
    std::printf("estimates with %d steps: precision %.2f, recall %.2f\n", steps, all.precision(),
                all.recall());
    EXPECT_GE(all.recall(), steps == 0 ? 0.5 : 0.9) << steps << " steps";
  }
}

std::string name_of_circuit(const testing::TestParamInfo<PlantedCircuit>& test) {
  constexpr const char* kNames[] = {"Induction", "DuplicatePointer", "CopyOfPrevious"};
  return kNames[static_cast<std::size_t>(test.param)];
}

INSTANTIATE_TEST_SUITE_P(Circuits, PlantedTruthTest,
                         testing::Values(PlantedCircuit::induction,
                                         PlantedCircuit::duplicate_pointer,
                                         PlantedCircuit::copy_of_previous),
                         name_of_circuit);

}  // namespace
}  // namespace headlens
