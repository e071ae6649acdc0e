#include "headlens/formats/npy.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;
using testing::golden;

/// The generator's 24 numbers, exact and truncated to integers.
std::vector<float> expected(bool integers) {
  const std::vector<float> all = testing::read_expected("arrays.f32");
  const auto middle = all.begin() + 24;
  return integers ? std::vector<float>(middle, all.end()) : std::vector<float>(all.begin(), middle);
}

TEST(Npy, ReadsWhatNumpyWrote) {
  for (const char* name : {"float32.npy", "float64.npy", "version2.npy"}) {
    const Tensor tensor = read_npy(golden(name));
    EXPECT_THAT(tensor.shape(), ElementsAre(2, 3, 4)) << name;
    testing::expect_same_bits(tensor.values(), expected(false));
  }
  for (const char* name : {"int32.npy", "int64.npy"}) {
    testing::expect_same_bits(read_npy(golden(name)).values(), expected(true));
  }
  EXPECT_THAT(read_npy(golden("scalar.npy")).values(), ElementsAre(2.5f));
  EXPECT_THAT(read_npy(golden("vector.npy")).shape(), ElementsAre(5));
}

TEST(Npy, WritesWhatNumpyWrites) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"float32.npy", "scalar.npy", "vector.npy"}) {
    const auto path = folder.path() / name;
    write_npy(path, read_npy(golden(name)));
    EXPECT_EQ(testing::read_text(path), testing::read_text(golden(name))) << name;
  }
}

TEST(Npy, EmptyArray) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "empty.npy";
  write_npy(path, {3, 0, 2}, {});
  EXPECT_THAT(read_npy(path).shape(), ElementsAre(3, 0, 2));
}

TEST(Npy, RefusesNumbersThatDisagreeWithTheShape) {
  const testing::TemporaryFolder folder;
  const std::vector<float> numbers(5);
  EXPECT_THAT(
      [&] {
        write_npy(folder.path() / "x.npy", {2, 3}, numbers);
      },
      fails_with<ShapeError>("[2, 3]", "5"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Npy, UnsupportedLayouts) {
  EXPECT_THAT([] { read_npy(golden("fortran.npy")); },
              fails_with<UnsupportedError>("fortran.npy", "Fortran"));
  EXPECT_THAT([] { read_npy(golden("big_endian.npy")); },
              fails_with<UnsupportedError>("big_endian.npy", ">f4"));
}

std::string file_of(std::string_view header, std::size_t data_bytes, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  testing::append(bytes, static_cast<std::uint16_t>(header.size()));
  return bytes.append(header).append(data_bytes, '\0');
}

template <typename Exception = FormatError, typename... Fragments>
void expect_refused(const std::string& bytes, const Fragments&... fragments) {
  EXPECT_THAT([&] { parse_npy(testing::bytes_of(bytes), "bad.npy"); },
              fails_with<Exception>("bad.npy", fragments...));
}

std::string with_shape(std::string_view shape) {
  return "{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(shape) + "}";
}

TEST(NpyHostile, EveryTruncationIsRefused) {
  const std::string whole = testing::read_text(golden("float32.npy"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto bytes = testing::bytes_of(whole);
    const std::vector<std::byte> exact(bytes.begin(), bytes.begin() + size);
    EXPECT_THAT([&] { parse_npy(exact, "cut.npy"); }, fails_with<FormatError>("cut.npy")) << size;
  }
}

TEST(NpyHostile, OtherFilesAndVersions) {
  expect_refused("PK\x03\x04------------", "does not begin as a .npy");
  expect_refused<UnsupportedError>(file_of("", 0, 9), "version 9.0");
}

TEST(NpyHostile, Headers) {
  expect_refused(file_of("", 0), "lacks '{'");
  expect_refused(file_of("{", 0), "lacks");
  expect_refused(file_of("{}", 0), "lacks 'descr'");
  expect_refused(file_of("{'descr': '<f4', 'shape': ()}", 4), "lacks 'fortran_order'");
  expect_refused(file_of("{'descr': '<f4'", 0), "lacks '}'");
  expect_refused(file_of("{'descr: '<f4'}", 0), "header");
  expect_refused(file_of("{'descr': '<f4', 'descr': '<f4'}", 0), "descr twice");
  expect_refused(file_of("{'eval': '<f4'}", 0), "eval");
  expect_refused(file_of("{'fortran_order': 1}", 0), "True nor False");
  expect_refused(file_of(with_shape("()") + " x", 4), "text after its end");
  expect_refused<UnsupportedError>(file_of("{'descr': [('a', '<f4')]}", 0), "structured");
  expect_refused<UnsupportedError>(
      file_of("{'descr': '|O', 'fortran_order': False, 'shape': ()}", 0), "|O");
}

TEST(NpyHostile, Shapes) {
  expect_refused(file_of(with_shape("(2)"), 8), "no tuple");
  expect_refused(file_of(with_shape("(-1,)"), 8), "0 to 2^63");
  expect_refused(file_of(with_shape("(99999999999999999999,)"), 8), "0 to 2^63");
  expect_refused(file_of(with_shape("(4611686018427387904, 4)"), 8), "larger than any file");
  expect_refused(file_of(with_shape("(1000000000,)"), 8), "4000000000 bytes", "8 follow");
  expect_refused(file_of(with_shape("(1,)"), 8), "4 bytes", "8 follow");
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  expect_refused(file_of(with_shape(many + ")"), 4), "64 axes");
  EXPECT_THAT(parse_npy(testing::bytes_of(file_of(with_shape("(1L,)"), 4)), "good.npy").shape(),
              ElementsAre(1));
}

}  // namespace
}  // namespace headlens
