#include "headlens/tensor/dtype.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace headlens {
namespace {

constexpr int kCount = static_cast<int>(DType::q6_k) + 1;

struct Block {
  std::int64_t elements, bytes;
};

/// The gguf package's table, which tools/make_core_goldens.py writes.
std::map<std::string, Block> ggml_types() {
  std::ifstream file(std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/tensor/ggml_types.txt");
  std::map<std::string, Block> types;
  std::string name;
  for (Block block{}; file >> name >> block.elements >> block.bytes;) types[name] = block;
  return types;
}

TEST(DTypes, BlocksAreTheGgufPackages) {
  const auto expected = ggml_types();
  ASSERT_EQ(expected.size(), 18u);
  std::set<std::string> seen;
  for (int i = 0; i < kCount; ++i) {
    const DTypeInfo type = info(static_cast<DType>(i));
    const std::string name(type.name);
    EXPECT_TRUE(seen.insert(name).second) << name << " twice";
    if (name == "U8" || name == "BOOL") {  // types of safetensors alone
      EXPECT_EQ(type.block_elements, 1);
      EXPECT_EQ(type.block_bytes, 1);
      continue;
    }
    ASSERT_TRUE(expected.contains(name)) << name;
    EXPECT_EQ(type.block_elements, expected.at(name).elements) << name;
    EXPECT_EQ(type.block_bytes, expected.at(name).bytes) << name;
  }
  EXPECT_EQ(seen.size(), expected.size() + 2);
}

}  // namespace
}  // namespace headlens
