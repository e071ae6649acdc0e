#include "headlens/probing/trained_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "headlens/base/errors.h"
#include "headlens/formats/npy.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;

Tensor tensor(Shape shape, const std::vector<float>& values) {
  Tensor result(std::move(shape));
  std::ranges::copy(values, result.data());
  return result;
}

SavedProbe linear_probe() {
  SavedProbe saved;
  saved.origin = {.task = "upos",
                  .column = "upos",
                  .site = "blocks.1.hook_resid_pre",
                  .hidden_state = 1,
                  .unit = "word",
                  .pooling = "last",
                  .model_name = "m",
                  .model_sha256 = "0",
                  .precision = "f32",
                  .metric = "accuracy"};
  saved.probe.kind = "logistic";
  saved.probe.classes = {"A", "B/C", "D"};
  saved.probe.weight = tensor({3, 2}, {1, 0, 0, 2, 3, 4});
  saved.probe.bias = tensor({3}, {0.5, 0, -1});
  return saved;
}

SavedProbe network() {
  SavedProbe saved = linear_probe();
  saved.probe.kind = "mlp";
  saved.probe.hidden_weight = tensor({2, 2}, {1, -1, -1, 1});
  saved.probe.hidden_bias = tensor({2}, {0, 0.5});
  return saved;
}

TEST(TrainedProbe, ScoresByHand) {
  const Tensor x = tensor({1, 2}, {2, 3});
  EXPECT_THAT(linear_probe().probe.scores(x.view<2>()), ElementsAre(2.5, 6, 17));
  // relu(-1), relu(1.5) = 0, 1.5
  EXPECT_THAT(network().probe.scores(x.view<2>()), ElementsAre(0.5, 3, 5));
  const std::vector<double> p = network().probe.probabilities(x.view<2>());
  const double sum = std::exp(0.5) + std::exp(3) + std::exp(5);
  EXPECT_NEAR(p[2], std::exp(5) / sum, 1e-12);
  const Tensor wide = tensor({1, 3}, {1, 2, 3});
  EXPECT_THROW(network().probe.scores(wide.view<2>()), ShapeError);
}

TEST(TrainedProbe, DirectionsAreOfLengthOne) {
  const TrainedProbe probe = linear_probe().probe;
  const Tensor own = probe.direction("A");  // (1, 0) - (4/3, 2)
  const double length = std::hypot(-1.0 / 3, -2.0);
  EXPECT_NEAR(own.data()[0], -1.0 / 3 / length, 1e-7);
  EXPECT_NEAR(own.data()[1], -2 / length, 1e-7);
  const Tensor pair = probe.direction("D", "B/C");  // (3, 2)
  EXPECT_NEAR(pair.data()[0], 3 / std::hypot(3, 2), 1e-7);
  EXPECT_THAT([&] { probe.direction("Z"); }, refuses_with<UsageError>("no class", "Z"));
  EXPECT_THAT([&] { network().probe.direction("A"); }, refuses_with<UsageError>("linear"));
}

TEST(SavedProbe, ComesBackAsItWas) {
  for (const SavedProbe& saved : {linear_probe(), network()}) {
    const TemporaryDirectory folder;
    save_probe(folder.path(), saved);
    const SavedProbe again = load_probe(folder.path());
    EXPECT_EQ(again.probe.classes, saved.probe.classes);
    EXPECT_EQ(again.origin.site, saved.origin.site);
    EXPECT_EQ(again.origin.hidden_state, 1);
    const Tensor x = tensor({2, 2}, {2, 3, -1, 0.25});
    EXPECT_EQ(again.probe.scores(x.view<2>()), saved.probe.scores(x.view<2>()));
  }
}

TEST(SavedProbe, WritesDirectionsForSteering) {
  const TemporaryDirectory folder;
  save_probe(folder.path(), linear_probe());
  const auto files = files_of(folder.path() / "directions");
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("A.npy", "B%2FC.npy", "D.npy"));
  const Tensor direction = read_npy(folder.path() / "directions" / "A.npy");
  EXPECT_EQ(direction.shape(), Shape{2});
  const nlohmann::json json = nlohmann::json::parse(read_file(folder.path() / "probe.json"));
  EXPECT_EQ(json["steer_layer"], 0) << "hidden state 1 is what block 0 writes";
}

TEST(SavedProbe, RefusesWhatIsDamaged) {
  const TemporaryDirectory folder;
  EXPECT_THROW(load_probe(folder.path() / "none"), FormatError);
  save_probe(folder.path(), linear_probe());
  const std::string text = read_file(folder.path() / "probe.json");
  const auto with = [&](const std::string& key, const nlohmann::json& value) {
    nlohmann::json json = nlohmann::json::parse(text);
    json[key] = value;
    folder.write("probe.json", json.dump());
    return [&folder] { load_probe(folder.path()); };
  };
  EXPECT_THAT(with("schema", "headlens/run/1"), refuses_with<FormatError>("no saved probe"));
  EXPECT_THAT(with("width", 3), refuses_with<FormatError>("another shape"));
  EXPECT_THAT(with("hidden", 4), refuses_with<FormatError>("hidden.weight"));
  EXPECT_THAT(with("classes", {"A"}), refuses_with<FormatError>("cannot be"));
  EXPECT_THAT(with("site", "nowhere"), refuses_with<FormatError>("site"));
  EXPECT_THAT(with("pooling", "sum"), refuses_with<FormatError>("pooling"));
}

}  // namespace
}  // namespace headlens
