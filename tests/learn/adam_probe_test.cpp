#include "headlens/learn/adam_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/learn/classification_metrics.h"
#include "tests/learn/learn_golden.h"

namespace headlens {
namespace {

struct Adams : testing::Test {
  Adams() {
    for (const float row : order_array.values()) order.push_back(static_cast<std::int32_t>(row));
  }

  AdamProbeOptions options(const Tensor& initial, int hidden) const {
    return {.hidden = hidden,
            .dropout = 0,
            .batch_size = golden["batch"],
            .epochs = golden["epochs"],
            .order = order,
            .initial = initial.values()};
  }

  const nlohmann::json& golden = learn_golden()["adam"];
  Tensor x = learn_array("overlapping");
  Tensor order_array = learn_array("adam_order");
  std::vector<std::int32_t> order;
  std::vector<std::int32_t> labels =
      learn_golden()["logistic"]["overlapping"]["labels"].get<std::vector<std::int32_t>>();
};

TEST_F(Adams, TrainAsPyTorchDoes) {
  for (const auto& [name, hidden] : {std::pair{"linear", 0}, std::pair{"mlp", 24}}) {
    SCOPED_TRACE(name);
    const Tensor initial = learn_array(std::string("adam_") + name);
    const AdamProbeFit fit = train_adam_probe(matrix(x), labels, options(initial, hidden));
    expect_near_all(fit.losses_nats, golden[name]["losses"], 1e-5);
    const auto& found = fit.probe.parameters();
    expect_near_all({found.begin(), found.end()}, golden[name]["final"], 1e-4);
  }
}

TEST_F(Adams, ReportEveryFewEpochs) {
  std::vector<int> epochs;
  AdamProbeOptions some{.hidden = 8, .epochs = 12};
  some.on_loss = [&](int epoch, double loss) {
    epochs.push_back(epoch);
    EXPECT_GT(loss, 0);
  };
  const AdamProbeFit fit = train_adam_probe(matrix(x), labels, some);
  EXPECT_EQ(epochs, (std::vector<int>{5, 10}));
  EXPECT_EQ(fit.losses_nats.size(), 12u);
}

/// Training is the same as without it up to the best epoch, whose weights are taken.
TEST_F(Adams, StopEarlyWithTheBestEpochsWeights) {
  // Rows with labels that say nothing: the loss on others soon rises.
  std::vector<std::int32_t> noise(labels.size());
  std::mt19937 random(3);
  for (std::int32_t& label : noise) label = static_cast<std::int32_t>(random() % 3);
  const std::int64_t half = x.size(0) / 2, width = x.size(1);
  const TensorView<const float, 2> train(x.data(), {half, width});
  const TensorView<const float, 2> held_out(x.data() + half * width, {x.size(0) - half, width});
  const std::span all(noise);
  AdamProbeOptions options{.hidden = 32, .adam = {.learning_rate = 0.01}, .epochs = 60};
  options.early_stopping = {held_out, all.subspan(half), 3};
  const AdamProbeFit fit = train_adam_probe(train, all.first(half), options);
  const auto& losses = fit.validation_losses_nats;
  ASSERT_LT(losses.size(), 60u);
  EXPECT_EQ(fit.losses_nats.size(), losses.size());
  EXPECT_EQ(static_cast<int>(losses.size()), fit.best_epoch + 3);
  EXPECT_EQ(std::ranges::min_element(losses) - losses.begin(), fit.best_epoch - 1);
  options.early_stopping = {};
  options.epochs = fit.best_epoch;
  EXPECT_EQ(train_adam_probe(train, all.first(half), options).probe.parameters(),
            fit.probe.parameters());
}

/// An MLP learns what no line divides, with dropout too; the same seed gives the same probe.
TEST_F(Adams, AnMlpLearnsExclusiveOr) {
  Tensor corners({400, 2});
  std::vector<std::int32_t> different;
  for (std::int64_t i = 0; i < 400; ++i) {
    const bool a = i % 2 == 0, b = i / 2 % 2 == 0;
    corners.data()[2 * i] = a ? 1.0f : -1.0f;
    corners.data()[2 * i + 1] = b ? 1.0f : -1.0f;
    different.push_back(a != b ? 7 : -7);
  }
  AdamProbeOptions some{.hidden = 32, .batch_size = 20, .epochs = 40, .seed = 3};
  const AdamProbeFit mlp = train_adam_probe(matrix(corners), different, some);
  EXPECT_EQ(accuracy(different, mlp.probe.predict(matrix(corners))), 1);
  const AdamProbeFit again = train_adam_probe(matrix(corners), different, some);
  EXPECT_EQ(mlp.losses_nats, again.losses_nats);
  some.hidden = 0;
  const AdamProbeFit linear = train_adam_probe(matrix(corners), different, some);
  EXPECT_LE(accuracy(different, linear.probe.predict(matrix(corners))), 0.8);
}

TEST_F(Adams, RefuseWhatMakesNoSense) {
  const std::vector<std::int32_t> same(labels.size(), 1);
  EXPECT_THROW(train_adam_probe(matrix(x), same), UsageError);
  EXPECT_THROW(train_adam_probe(matrix(x), labels, {.hidden = 4, .dropout = 1}), UsageError);
  EXPECT_THROW(train_adam_probe(matrix(x), labels, {.epochs = 0}), UsageError);
  EXPECT_THROW(train_adam_probe(matrix(x), labels, {.order = same}), ShapeError);
  const std::vector<float> few(3);
  EXPECT_THROW(train_adam_probe(matrix(x), labels, {.initial = few}), ShapeError);
  const std::vector<std::int32_t> outside(labels.size(), 100000);
  EXPECT_THROW(train_adam_probe(matrix(x), labels, {.epochs = 1, .order = outside}), UsageError);
}

}  // namespace
}  // namespace headlens
