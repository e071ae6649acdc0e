#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "headlens/interventions/ablation.h"
#include "headlens/interventions/patching.h"
#include "headlens/interventions/site_grid.h"
#include "tests/parity/real_models.h"

namespace headlens {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-3;  ///< logits

/// Sweeps of SmolLM2 beside what TransformerLens's helpers give (tools/make_sweep_goldens.py).
class TransformerLensSweeps : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = reason_to_skip(kSmolLm2); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    std::ifstream file(std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "sweeps" /
                       (std::string(kSmolLm2) + ".json"));
    golden_ = json::parse(file);
  }

  static Session& session() { return real_session(kSmolLm2); }

  AskedPrompt asked() const {
    AskedPrompt asked;
    asked.sequence.ids = golden_.at("clean").get<std::vector<std::int32_t>>();
    asked.prompt_length = std::ssize(asked.sequence.ids);
    asked.question = {{asked.prompt_length - 1}, {golden_.at("answer")}, {golden_.at("foil")}};
    return asked;
  }

  std::vector<AskedPair> pair(const json& sweep) const {
    std::vector<AskedPair> pairs;
    pairs.push_back({asked(), {}});
    pairs.front().corrupt.ids = sweep.at("corrupt").get<std::vector<std::int32_t>>();
    return pairs;
  }

  AblationEffects ablated(SweepProducts products = SweepProducts::exact) const {
    std::vector<AskedPrompt> prompts;
    prompts.push_back(asked());
    return std::move(ablation_effects(session(), prompts,
                                      {.asked = {.metric = Metric::logit_difference},
                                       .sweep = {.products = products}})
                         .front());
  }

  static void compare(const std::string& what, const std::vector<double>& ours,
                      const std::vector<double>& theirs) {
    ASSERT_EQ(ours.size(), theirs.size()) << what;
    ASSERT_FALSE(ours.empty()) << what;
    double largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_NEAR(ours[i], theirs[i], kTolerance) << what << ", value " << i;
      largest = std::max(largest, std::abs(ours[i] - theirs[i]));
    }
    fmt::print("{}: {} values, at most {:.2e} logits from TransformerLens\n", what, ours.size(),
               largest);
  }

  json golden_;
};

GridColumns columns_named(const std::string& name) {
  static const std::map<std::string, GridColumns> kColumns{
      {"heads", GridColumns::heads},
      {"positions", GridColumns::positions},
      {"heads_and_positions", GridColumns::heads_and_positions},
      {"heads_and_position_pairs", GridColumns::heads_and_position_pairs}};
  return kColumns.at(name);
}

/// A cell by TransformerLens's names of its axes.
GridPlace place_named(const json& axes, const json& cell) {
  GridPlace place;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::string axis = axes[i];
    if (axis == "layer") place.layer = cell[i];
    if (axis == "head" || axis == "head_index") place.head = cell[i];
    if (axis == "pos" || axis == "dest_pos") place.position = cell[i];
    if (axis == "src_pos") place.key = cell[i];
  }
  return place;
}

/// Indices, among a grid's places, of a sweep's cells.
std::vector<std::size_t> places_of(const json& sweep, const std::vector<GridPlace>& places) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < places.size(); ++i) by_name[place_name(places[i])] = i;
  std::vector<std::size_t> indices;
  for (const json& cell : sweep.at("cells")) {
    indices.push_back(by_name.at(place_name(place_named(sweep.at("axes"), cell))));
  }
  return indices;
}

TEST_F(TransformerLensSweeps, ZeroedHeads) {
  for (const json& sweep : golden_.at("sweeps")) {
    if (sweep.at("edit") != "ablate") continue;
    const AblationEffects effects = ablated();
    EXPECT_NEAR(effects.base, golden_.at("clean_metric"), kTolerance);
    compare("ablate z", effects.grid.values, sweep.at("values"));
  }
}

TEST_F(TransformerLensSweeps, Patches) {
  int sweeps = 0;
  for (const json& sweep : golden_.at("sweeps")) {
    if (sweep.at("edit") != "patch") continue;
    PatchOptions options{.asked = {.metric = Metric::logit_difference}};
    options.site = parse_site_kind(sweep.at("site").get<std::string>());
    options.columns = columns_named(sweep.at("columns"));
    if (sweep.contains("cells")) {
      options.places =
          places_of(sweep, grid_places(grid_axes(options.site, options.columns, session().spec(),
                                                 std::ssize(golden_.at("clean")))));
    }
    std::vector<AskedPair> pairs = pair(sweep);
    const PatchEffects effects = std::move(patch_effects(session(), pairs, options).front());
    EXPECT_NEAR(effects.clean, golden_.at("clean_metric"), kTolerance);
    EXPECT_NEAR(effects.corrupt, sweep.at("corrupt_metric"), kTolerance);
    std::vector<double> ours = effects.grid.values;
    if (!options.places.empty()) {
      ours.clear();
      for (const std::size_t place : options.places) ours.push_back(effects.grid.values[place]);
    }
    compare(fmt::format("patch {} by {}", sweep.at("site").get<std::string>(),
                        sweep.at("columns").get<std::string>()),
            ours, sweep.at("values"));
    ++sweeps;
  }
  EXPECT_EQ(sweeps, 16);
}

TEST_F(TransformerLensSweeps, Bf16DeltasStayClose) {
  const std::vector<double> exact = ablated().grid.values;
  const std::vector<double> deltas = ablated(SweepProducts::bf16_deltas).grid.values;
  ASSERT_EQ(exact.size(), deltas.size());
  double mean = 0, largest = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double difference = std::abs(exact[i] - deltas[i]);
    mean += difference / static_cast<double>(exact.size());
    largest = std::max(largest, difference);
  }
  fmt::print("bf16 deltas: mean {:.2e}, at most {:.2e} logits from f32\n", mean, largest);
  EXPECT_GT(largest, 0) << "nothing was rounded";
  EXPECT_LE(mean, 0.002);
  EXPECT_LE(largest, 0.05);
}

}  // namespace
}  // namespace headlens
