#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string_view>
#include <type_traits>

#include "headlens/base/errors.h"

namespace headlens {

/// Reads little-endian values one after another from bytes that someone else owns, never past
/// their end.
class ByteReader {
 public:
  /// @param path  named in errors
  ByteReader(std::span<const std::byte> bytes, const std::filesystem::path& path)
      : bytes_(bytes), path_(path) {}

  std::uint64_t offset() const { return offset_; }
  std::uint64_t remaining() const { return bytes_.size() - offset_; }
  const std::filesystem::path& path() const { return path_; }

  /// @param what  names the value in the error
  /// @throws FormatError  if fewer than `count` bytes remain
  std::span<const std::byte> take(std::uint64_t count, std::string_view what) {
    if (count > remaining()) {
      fail(fmt::format("{} needs {} bytes but {} remain; the file is truncated or damaged", what,
                       count, remaining()));
    }
    const auto taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }

  /// @throws FormatError  if it does not fit
  template <typename T>
  requires std::is_arithmetic_v<T> T read(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  /// A length of 8 bytes and that many characters. The view lives as long as the bytes.
  /// @throws FormatError  if it does not fit
  std::string_view read_string(std::string_view what) {
    const auto length = read<std::uint64_t>(what);
    const auto characters = take(length, what);
    return {reinterpret_cast<const char*>(characters.data()), characters.size()};
  }

  /// @throws FormatError  always, naming path and place
  [[noreturn]] void fail(std::string_view problem) const {
    throw FormatError(path_.string(), offset_, problem);
  }

 private:
  std::span<const std::byte> bytes_;
  const std::filesystem::path& path_;
  std::uint64_t offset_ = 0;
};

}  // namespace headlens
