#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using testing::append;
using testing::bytes_of;
using testing::fails_with;

std::string file_of(std::string_view header, std::size_t data_bytes) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(header.size()));
  return bytes.append(header).append(data_bytes, '\1');
}

template <typename Exception = FormatError, typename... Fragments>
void expect_refused(std::string_view header, std::size_t data_bytes,
                    const Fragments&... fragments) {
  const std::string bytes = file_of(header, data_bytes);
  EXPECT_THAT([&] { parse_safetensors(bytes_of(bytes), "bad.safetensors"); },
              fails_with<Exception>("bad.safetensors", fragments...))
      << header;
}

TEST(SafetensorsHostile, AGoodFilePasses) {
  const std::string bytes =
      file_of(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )", 8);
  const Checkpoint checkpoint = parse_safetensors(bytes_of(bytes), "good.safetensors");
  EXPECT_EQ(checkpoint.at("w").bytes.size(), 8u);
}

TEST(SafetensorsHostile, EveryTruncationIsRefused) {
  const std::string whole = testing::read_text(testing::golden("every_type.safetensors"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> exact(bytes_of(whole).begin(), bytes_of(whole).begin() + size);
    EXPECT_THAT([&] { parse_safetensors(exact, "cut.safetensors"); },
                fails_with<FormatError>("cut.safetensors"))
        << size;
  }
}

TEST(SafetensorsHostile, HeaderLength) {
  std::string beyond_file, beyond_limit;
  append(beyond_file, std::uint64_t{1000});
  append(beyond_limit, ~std::uint64_t{0});
  EXPECT_THAT([&] { parse_safetensors(bytes_of(beyond_file + "{}"), "bad.safetensors"); },
              fails_with<FormatError>("bad.safetensors", "needs 1000 bytes"));
  EXPECT_THAT([&] { parse_safetensors(bytes_of(beyond_limit + "{}"), "bad.safetensors"); },
              fails_with<FormatError>("bad.safetensors", "100000000"));
}

TEST(SafetensorsHostile, HeaderThatIsNotJson) {
  expect_refused("", 0, "does not begin with '{'");
  expect_refused(" {}", 0, "does not begin with '{'");
  expect_refused("[]", 0, "does not begin with '{'");
  expect_refused("{\"a\":", 0, "not valid JSON", "line 1");
  expect_refused("{} {}", 0, "not valid JSON");
  expect_refused("{\"\xff\":1}", 0, "not valid JSON");
}

TEST(SafetensorsHostile, HeaderOfAnotherStructure) {
  expect_refused(R"({"w":1})", 0, "a number", "w");
  expect_refused(R"({"w":null})", 0, "null", "w");
  expect_refused(R"({"w":[]})", 0, "an array", "w");
  expect_refused(R"({"w":{"dtype":{}}})", 0, "w", "an object");
  expect_refused(R"({"w":{"dtype":["F32"]}})", 0, "w", "an array");
  expect_refused(R"({"w":{"shape":[[1]]}})", 0, "w", "an array");
  expect_refused(R"({"w":{"shape":[true]}})", 0, "w", "a boolean");
  expect_refused(R"({"w":{"shape":"x"}})", 0, "w", "a string");
  expect_refused(R"({"w":{"extra":1}})", 0, "w", "extra");
  expect_refused(R"({"w":{"dtype":"F32","shape":[]}})", 0, "w", "lacks");
  expect_refused(R"({"__metadata__":{"k":1}})", 0, "a number", "k");
  expect_refused(R"({"__metadata__":{"k":{}}})", 0, "an object", "k");
  expect_refused(R"({"__metadata__":"k"})", 0, "a string", "__metadata__");
}

TEST(SafetensorsHostile, DeepNesting) {
  std::string deep = R"({"w":)";
  for (int i = 0; i < 100000; ++i) deep += R"({"a":)";
  expect_refused(deep, 0, "w");
}

TEST(SafetensorsHostile, DuplicateKeys) {
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                 R"("w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                 8, "w", "twice");
  expect_refused(R"({"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, "w",
                 "dtype twice");
  expect_refused(R"({"__metadata__":{"k":"1","k":"2"}})", 0, "k twice");
}

TEST(SafetensorsHostile, Types) {
  expect_refused(R"({"w":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}})", 4, "w", "X9");
  expect_refused<UnsupportedError>(R"({"w":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})",
                                   4, "w", "F8_E4M3", "BF16");
}

TEST(SafetensorsHostile, Shapes) {
  expect_refused(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "w", "negative");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4, "w",
                 "non-integer");
  expect_refused(R"({"w":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", 4,
                 "w", "63 bits");
  expect_refused(R"({"w":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}})",
                 16, "w", "larger than any file");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}})", 4, "JSON");
  expect_refused(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "w", "8 bytes",
                 "gives it 4");
}

TEST(SafetensorsHostile, Offsets) {
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "w", "two");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "w", "two");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "w", "after");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 4, "w",
                 "past the end");
  expect_refused(
      R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551615]}})",
      4, "w", "past the end");
}

TEST(SafetensorsHostile, OverlapsAndHoles) {
  expect_refused(R"({"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                 R"("w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                 12, "overlap", "v", "w");
  expect_refused(R"({"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                 R"("w":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
                 12, "w", "4 bytes before it");
  expect_refused(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 9,
                 "the last 5 bytes");
}

}  // namespace
}  // namespace headlens
