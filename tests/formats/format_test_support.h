#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/checkpoint.h"

namespace headlens::testing {

/// A file of tests/goldens/formats/, which tools/make_format_goldens.py writes.
std::filesystem::path golden(std::string_view name);

std::string read_text(const std::filesystem::path& path);

/// Raw little-endian float32 as the generator wrote them.
std::vector<float> read_expected(std::string_view name);

/// All tensors' numbers, in the order of their names.
std::vector<float> decode_all(const Checkpoint& checkpoint);

/// Equal in every bit, so that -0 is not 0.
void expect_same_bits(std::span<const float> got, std::span<const float> expected);

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Appends the bytes of a number, little-endian.
template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A folder that is removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// Matches a callable that throws Exception with all of `fragments` in its one-line message.
template <typename Exception, typename... Fragments>
auto fails_with(const Fragments&... fragments) {
  return ::testing::ThrowsMessage<Exception>(::testing::AllOf(
      ::testing::Not(::testing::HasSubstr("\n")), ::testing::HasSubstr(fragments)...));
}

}  // namespace headlens::testing
