#include "tests/formats/format_test_support.h"

#include <bit>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "headlens/kernels/dequantize.h"

namespace headlens::testing {

std::filesystem::path golden(std::string_view name) {
  return std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "formats" / name;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> read_expected(std::string_view name) {
  const std::string bytes = read_text(golden(name));
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  EXPECT_FALSE(numbers.empty());
  return numbers;
}

std::vector<float> decode_all(const Checkpoint& checkpoint) {
  std::vector<float> numbers;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const std::size_t start = numbers.size();
    numbers.resize(start + static_cast<std::size_t>(element_count(tensor.shape)));
    dequantize(tensor.dtype, tensor.bytes, std::span(numbers).subspan(start));
  }
  return numbers;
}

void expect_same_bits(std::span<const float> got, std::span<const float> expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << "number " << i << ": got " << got[i] << ", expected " << expected[i];
  }
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = ::testing::TempDir() + "headlens-formats-XXXXXX";
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(std::string_view name,
                                             std::string_view content) const {
  const std::filesystem::path path = path_ / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace headlens::testing
