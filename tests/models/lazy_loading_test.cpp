#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

std::vector<float> first_layers_mlp_output(const Model& model) {
  const PackedLinear& linear = model.block(0).mlp_out;
  const std::vector<float> x(linear.in_features(), 0.5f);
  std::vector<float> y(linear.out_features());
  linear.multiply(x.data(), 1, y.data(), false);
  return y;
}

TEST(LazyLoading, ABlockNeedsNoLaterLayer) {
  ModelFolder folder("gpt2");
  folder.tensors().erase("transformer.h.1.mlp.c_fc.weight");
  const auto model = folder.open();
  model->load_blocks(1);
  const auto before = first_layers_mlp_output(*model);
  EXPECT_THROW(model->load_blocks(2), FormatError);
  EXPECT_EQ(first_layers_mlp_output(*model), before);
}

TEST(LazyLoading, AFailedHeadLeavesTheBlocks) {
  ModelFolder folder("bert_classification");
  folder.tensors().at("classifier.weight").shape = {1, 3 * 24};
  const auto model = folder.open();
  EXPECT_THROW(model->load_head(), FormatError);
  EXPECT_NO_THROW(model->load_blocks(2));
  EXPECT_THROW(model->load_head(), FormatError);
}

TEST(LazyLoading, WeightsLoadOnce) {
  const auto model = ModelFolder("llama").open();
  int parts = 0;
  const ProgressCallback count = [&](const Progress& progress) {
    EXPECT_LE(progress.done, progress.total);
    ++parts;
  };
  model->load_blocks(1, count);
  const int first = parts;
  EXPECT_GT(first, 0);
  const BlockWeights* block = &model->block(0);
  model->load_blocks(1, count);
  EXPECT_EQ(parts, first);
  model->load_blocks(2, count);
  EXPECT_EQ(parts, 2 * first);
  EXPECT_EQ(&model->block(0), block);
}

TEST(LazyLoading, MayBeCancelledAndTakenUpAgain) {
  const auto model = ModelFolder("llama").open();
  request_cancellation();
  EXPECT_THROW(model->load_blocks(2), CancelledError);
  EXPECT_THROW(model->load_head(), CancelledError);
  clear_cancellation();
  EXPECT_NO_THROW(model->load_blocks(2));
  EXPECT_NO_THROW(model->load_head());
}

}  // namespace
}  // namespace headlens
