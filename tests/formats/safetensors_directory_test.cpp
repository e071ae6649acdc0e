#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using testing::fails_with;
using testing::golden;

constexpr const char* kIndex = "model.safetensors.index.json";

TEST(SafetensorsDirectory, ReadsShardsThroughTheirIndex) {
  const Checkpoint checkpoint = read_safetensors_directory(golden("sharded"));
  EXPECT_EQ(checkpoint.files.size(), 2u);
  EXPECT_EQ(checkpoint.tensors.size(), 3u);
  testing::expect_same_bits(testing::decode_all(checkpoint),
                            testing::read_expected("sharded/expected.f32"));
  EXPECT_THAT([&] { checkpoint.at("nothing"); },
              fails_with<FormatError>("model-00001-of-00002.safetensors and 1 more", "nothing"));
}

TEST(SafetensorsDirectory, PrefersTheSingleFile) {
  const testing::TemporaryFolder folder;
  folder.write("model.safetensors", testing::read_text(golden("every_type.safetensors")));
  folder.write(kIndex, "not read");
  EXPECT_EQ(read_safetensors_directory(folder.path()).tensors.size(), 12u);
}

TEST(SafetensorsDirectory, FollowsLinksAsTheHubCacheHasThem) {
  const testing::TemporaryFolder folder;
  std::filesystem::create_symlink(golden("every_type.safetensors"),
                                  folder.path() / "model.safetensors");
  EXPECT_EQ(read_safetensors_directory(folder.path()).tensors.size(), 12u);
}

TEST(SafetensorsDirectory, RefusesShardsOutsideTheFolder) {
  for (const char* shard : {"../x.safetensors", "/etc/passwd", "a/../../x", "", "a\\u0000b"}) {
    const testing::TemporaryFolder folder;
    folder.write(kIndex, std::string(R"({"weight_map":{"w":")") + shard + "\"}}");
    EXPECT_THAT([&] { read_safetensors_directory(folder.path()); },
                fails_with<FormatError>(kIndex, "inside the folder"))
        << shard;
  }
}

TEST(SafetensorsDirectory, IndexThatDisagreesWithItsShards) {
  const testing::TemporaryFolder folder;
  folder.write("one.safetensors", testing::read_text(golden("every_type.safetensors")));
  const auto read = [&] { read_safetensors_directory(folder.path()); };
  folder.write(kIndex, R"({"weight_map":{"absent":"one.safetensors"}})");
  EXPECT_THAT(read, fails_with<FormatError>(kIndex, "absent", "one.safetensors"));
  folder.write(kIndex, R"({"weight_map":{"w":"two.safetensors"}})");
  EXPECT_THAT(read, fails_with<FormatError>("two.safetensors", "no such file"));
  folder.write(kIndex, R"({"weight_map":{"w":7}})");
  EXPECT_THAT(read, fails_with<FormatError>(kIndex, "w", "string"));
  folder.write(kIndex, R"({"weight_map":[]})");
  EXPECT_THAT(read, fails_with<FormatError>(kIndex, "weight_map", "object"));
  folder.write(kIndex, R"({})");
  EXPECT_THAT(read, fails_with<FormatError>(kIndex, "weight_map", "missing"));
}

TEST(SafetensorsDirectory, FoldersWithoutSafetensors) {
  const testing::TemporaryFolder folder;
  const auto read = [&] { read_safetensors_directory(folder.path()); };
  EXPECT_THAT(read, fails_with<FormatError>(folder.path().string(), "model.safetensors"));
  folder.write("pytorch_model.bin", "");
  EXPECT_THAT(read, fails_with<UnsupportedError>(folder.path().string(), "pytorch_model.bin"));
  EXPECT_THAT([] { read_safetensors_directory("/nonexistent/folder"); },
              fails_with<FormatError>("/nonexistent/folder", "no such folder"));
}

}  // namespace
}  // namespace headlens
