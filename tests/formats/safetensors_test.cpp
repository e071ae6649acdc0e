#include "headlens/formats/safetensors.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::golden;

TEST(Safetensors, EveryTypeEqualsTheReferencePackage) {
  const Checkpoint checkpoint = read_safetensors(golden("every_type.safetensors"));
  EXPECT_EQ(checkpoint.tensors.size(), 12u);
  testing::expect_same_bits(testing::decode_all(checkpoint),
                            testing::read_expected("every_type.safetensors.f32"));
}

TEST(Safetensors, ShapesTypesAndMetadata) {
  const Checkpoint checkpoint = read_safetensors(golden("every_type.safetensors"));
  EXPECT_THAT(checkpoint.at("b.bfloat16").shape, ElementsAre(2, 3, 4));
  EXPECT_EQ(checkpoint.at("b.bfloat16").dtype, DType::bf16);
  EXPECT_EQ(checkpoint.at("a.bool").dtype, DType::boolean);
  EXPECT_THAT(checkpoint.at("scalar").shape, ElementsAre());
  EXPECT_THAT(checkpoint.at("empty").shape, ElementsAre(0, 7));
  EXPECT_EQ(checkpoint.metadata.at("note"), "caf\u00e9 \"quoted\"");
  EXPECT_EQ(checkpoint.metadata.at("format"), "pt");
}

TEST(Safetensors, MissingTensorAndFile) {
  const Checkpoint checkpoint = read_safetensors(golden("every_type.safetensors"));
  EXPECT_EQ(checkpoint.find("nothing"), nullptr);
  EXPECT_THAT([&] { checkpoint.at("nothing"); },
              fails_with<FormatError>("every_type.safetensors", "nothing", "missing"));
  EXPECT_THAT([] { read_safetensors("/nonexistent/x.safetensors"); },
              fails_with<FormatError>("/nonexistent/x.safetensors"));
}

class SafetensorsWriter : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "out.safetensors";
  std::vector<float> numbers{1.0f, -0.0f, 3.5f, 1e-42f, -7.0f, 2.0f};
};

TEST_F(SafetensorsWriter, WhatIsWrittenIsReadBack) {
  const std::vector<NamedTensor> tensors = {{"z \"\u00e9\"", {2, 3}, numbers},
                                            {"a", {}, std::span(numbers).first(1)},
                                            {"none", {0, 4}, {}}};
  write_safetensors(path, tensors, {{"prompt", "a\nb"}});
  const Checkpoint checkpoint = read_safetensors(path);
  ASSERT_EQ(checkpoint.tensors.size(), 3u);
  EXPECT_THAT(checkpoint.at("z \"\u00e9\"").shape, ElementsAre(2, 3));
  EXPECT_THAT(checkpoint.at("a").shape, ElementsAre());
  EXPECT_THAT(checkpoint.at("none").shape, ElementsAre(0, 4));
  EXPECT_EQ(checkpoint.metadata.at("prompt"), "a\nb");
  std::vector<float> expected{1.0f};
  expected.insert(expected.end(), numbers.begin(), numbers.end());
  testing::expect_same_bits(testing::decode_all(checkpoint), expected);
}

TEST_F(SafetensorsWriter, LayoutIsTheReferences) {
  write_safetensors(path, std::vector<NamedTensor>{{"w", {6}, numbers}});
  const std::string bytes = testing::read_text(path);
  std::string header = R"({"w":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string expected;
  testing::append(expected, static_cast<std::uint64_t>(header.size()));
  expected += header;
  for (const float number : numbers) testing::append(expected, number);
  EXPECT_EQ(bytes, expected);
}

TEST_F(SafetensorsWriter, NoTensors) {
  write_safetensors(path, {});
  EXPECT_TRUE(read_safetensors(path).tensors.empty());
}

TEST_F(SafetensorsWriter, RefusesWhatCouldNotBeReadBack) {
  const auto write = [&](std::vector<NamedTensor> tensors) {
    return [this, tensors = std::move(tensors)] { write_safetensors(path, tensors); };
  };
  EXPECT_THAT(write({{"w", {7}, numbers}}), fails_with<ShapeError>("w", "[7]", "6"));
  EXPECT_THAT(write({{"w", {6}, numbers}, {"w", {6}, numbers}}), fails_with<UsageError>("w"));
  EXPECT_THAT(write({{"__metadata__", {6}, numbers}}), fails_with<UsageError>("__metadata__"));
  EXPECT_THAT(write({{"\xff", {6}, numbers}}), fails_with<UsageError>("\\xff"));
  EXPECT_THAT([&] { write_safetensors(path, {}, {{"k", "\xff"}}); }, fails_with<UsageError>("k"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(SafetensorsWriter, UnwritableFolder) {
  EXPECT_THAT([] { write_safetensors("/nonexistent/out.safetensors", {}); },
              fails_with<ResourceError>("/nonexistent/out.safetensors"));
}

}  // namespace
}  // namespace headlens
