#include <gtest/gtest.h>

#include <limits>

#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using testing::append;
using testing::fails_with;

constexpr std::uint32_t kU32 = 4, kBool = 7, kString = 8, kArray = 9;
constexpr std::uint32_t kF32 = 0, kQ4_0 = 2;
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

/// A GGUF file built piece by piece, right or wrong.
class Builder {
 public:
  Builder(std::uint64_t tensors, std::uint64_t values, std::uint32_t version = 3) {
    bytes_ = "GGUF";
    number(version).number(tensors).number(values);
  }
  template <typename T>
  Builder& number(T value) {
    append(bytes_, value);
    return *this;
  }
  Builder& string(std::string_view text) {
    append(bytes_, static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  Builder& key(std::string_view name, std::uint32_t type) { return string(name).number(type); }
  Builder& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes,
                  std::uint32_t type, std::uint64_t offset) {
    string(name).number(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) number(size);
    return number(type).number(offset);
  }
  Builder& data(std::size_t bytes) {
    bytes_.append((32 - bytes_.size() % 32) % 32, '\0');
    bytes_.append(bytes, '\1');
    return *this;
  }
  GgufFile parse() const { return parse_gguf(testing::bytes_of(bytes_), "bad.gguf"); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

template <typename Exception, typename... Fragments>
void expect_refused(const Builder& builder, const Fragments&... fragments) {
  EXPECT_THAT([&] { builder.parse(); }, fails_with<Exception>("bad.gguf", fragments...));
}

TEST(GgufHostile, TheBuilderBuildsAGoodFile) {
  const auto builder = Builder(2, 1)
                           .key("general.alignment", kU32)
                           .number(32u)
                           .tensor("a", {4, 2}, kF32, 0)
                           .tensor("b", {32}, kQ4_0, 32)
                           .data(50);
  const GgufFile file = builder.parse();
  EXPECT_EQ(file.checkpoint().at("a").bytes.size(), 32u);
  EXPECT_EQ(file.checkpoint().at("b").bytes.size(), 18u);
}

TEST(GgufHostile, EveryTruncationIsRefused) {
  const std::string whole = testing::read_text(testing::golden("every_type.gguf"));
  // The last tensor's padding may be missing without harm.
  const std::string_view trimmed(whole.data(), whole.size() - 32);
  for (std::size_t size = 0; size < trimmed.size(); size += size < 4096 ? 1 : 97) {
    const std::vector<std::byte> exact(testing::bytes_of(trimmed).begin(),
                                       testing::bytes_of(trimmed).begin() + size);
    EXPECT_THAT([&] { parse_gguf(exact, "cut.gguf"); }, fails_with<FormatError>("cut.gguf"))
        << size;
  }
}

TEST(GgufHostile, MarkAndVersion) {
  EXPECT_THAT([] { parse_gguf(testing::bytes_of("ggml-------------"), "bad.gguf"); },
              fails_with<FormatError>("bad.gguf", "GGUF"));
  expect_refused<UnsupportedError>(Builder(0, 0, 1), "version 1", "2 and 3");
  expect_refused<UnsupportedError>(Builder(0, 0, 4), "version 4");
  expect_refused<UnsupportedError>(Builder(0, 0, 0x03000000), "big-endian");
}

TEST(GgufHostile, CountsBeyondTheFile) {
  expect_refused<FormatError>(Builder(kHuge, 0), "tensors", "more than the file could hold");
  expect_refused<FormatError>(Builder(0, kHuge), "metadata values", "more than the file");
  expect_refused<FormatError>(Builder(0, 1).key("k", kArray).number(kU32).number(kHuge).number(1u),
                              "k", "more than the file could hold");
  expect_refused<FormatError>(
      Builder(0, 1).key("k", kArray).number(kString).number(kHuge / 8).number(1u), "k",
      "more than the file could hold");
}

TEST(GgufHostile, StringsPastTheEnd) {
  expect_refused<FormatError>(Builder(0, 1).key("k", kString).number(kHuge), "k", "truncated");
  expect_refused<FormatError>(Builder(0, 1).number(std::uint64_t{1000}).number(kHuge), "key");
}

TEST(GgufHostile, MetadataValues) {
  expect_refused<FormatError>(Builder(0, 1).key("k", 13).number(kHuge), "k", "unknown type 13");
  expect_refused<FormatError>(Builder(0, 1).key("k", kBool).number(std::uint8_t{2}), "k", "2");
  expect_refused<FormatError>(Builder(0, 1).key("k\xff", kU32).number(1u), "UTF-8", "k\\xff");
  expect_refused<FormatError>(Builder(0, 2).key("k", kU32).number(1u).key("k", kU32).number(1u),
                              "k", "twice");
  expect_refused<UnsupportedError>(
      Builder(0, 1).key("k", kArray).number(kArray).number(std::uint64_t{1}).number(kHuge), "k",
      "array of arrays");
}

TEST(GgufHostile, Alignment) {
  for (const std::uint32_t alignment : {0u, 3u, 48u, 0x80000000u}) {
    expect_refused<FormatError>(Builder(0, 1).key("general.alignment", kU32).number(alignment),
                                "general.alignment", std::to_string(alignment), "power of two");
  }
  expect_refused<FormatError>(Builder(0, 1).key("general.alignment", kString).string("32"),
                              "general.alignment", "integer");
}

TEST(GgufHostile, SplitFiles) {
  expect_refused<UnsupportedError>(
      Builder(0, 1).key("split.count", std::uint32_t{2}).number(std::uint16_t{3}), "3 parts",
      "merge");
}

TEST(GgufHostile, Shapes) {
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {1, 1, 1, 1, 1}, kF32, 0).data(4), "w",
                              "5 dimensions");
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {kHuge}, kF32, 0).data(4), "w", "negative");
  const std::uint64_t wide = std::uint64_t{1} << 40;
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {wide, wide}, kF32, 0).data(4), "w",
                              "larger than any file");
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {wide * 32, wide}, kQ4_0, 0).data(4), "w",
                              "larger than any file");
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {33}, kQ4_0, 0).data(99), "w", "Q4_0",
                              "32");
}

TEST(GgufHostile, ManyAnnouncedDimensions) {
  auto builder = Builder(1, 0).string("w").number(0xffffffffu).number(kHuge).number(kHuge);
  expect_refused<FormatError>(builder, "w", "4294967295 dimensions");
}

TEST(GgufHostile, Offsets) {
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {4}, kF32, 4).data(64), "w",
                              "not a multiple");
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {4}, kF32, 32).data(47), "w",
                              "pass the end");
  expect_refused<FormatError>(Builder(1, 0).tensor("w", {4}, kF32, kHuge - 31).data(64), "w",
                              "pass the end");
  expect_refused<FormatError>(
      Builder(2, 0).tensor("v", {16}, kF32, 0).tensor("w", {4}, kF32, 32).data(64), "overlap", "v",
      "w");
}

TEST(GgufHostile, TensorNames) {
  expect_refused<FormatError>(
      Builder(2, 0).tensor("w", {4}, kF32, 0).tensor("w", {4}, kF32, 32).data(64), "w", "twice");
  expect_refused<FormatError>(Builder(1, 0).tensor("w\n\xff", {4}, kF32, 0).data(64), "w\\x0a");
}

TEST(GgufHostile, TensorTypes) {
  expect_refused<UnsupportedError>(Builder(1, 0).tensor("w", {256}, 16, 0).data(64), "w", "IQ2_XXS",
                                   "Q4_K");
  expect_refused<UnsupportedError>(Builder(1, 0).tensor("w", {256}, 4242, 0).data(64), "w",
                                   "number 4242");
}

TEST(GgufHostile, ErrorsCarryTheirTensor) {
  try {
    Builder(1, 0).tensor("w", {4}, kF32, 4).data(64).parse();
    FAIL() << "not refused";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.path(), "bad.gguf");
    EXPECT_EQ(error.tensor(), "w");
  }
}

}  // namespace
}  // namespace headlens
