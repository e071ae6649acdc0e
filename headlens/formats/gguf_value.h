#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "headlens/formats/byte_reader.h"

namespace headlens {

/// Types of metadata values, numbered as in the file.
enum class GgufType : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64,
};

/// For messages: "u32", "string", ...
std::string_view name_of(GgufType type);

/// Numbers of one type as they lie in the file.
struct GgufNumbers {
  GgufType type = GgufType::u8;
  std::uint64_t count = 0;
  std::span<const std::byte> bytes;
};

using GgufStrings = std::vector<std::string_view>;

/// Integers widen to 64 bits and floats to double; strings and arrays point into the file.
using GgufValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string_view,
                               GgufNumbers, GgufStrings>;

/// For messages: "an integer", "an array of strings", ...
std::string_view describe(const GgufValue& value);

/// Reads a value of the type that the next four bytes say.
/// @param what  names the value in errors
/// @throws FormatError  if it does not fit or its type is unknown
/// @throws UnsupportedError  for arrays of arrays
GgufValue read_gguf_value(ByteReader& reader, std::string_view what);

/// The numbers as T, one by one.
/// @throws FormatError  naming `what` and `path`, if one does not fit T
std::vector<std::int64_t> to_integers(const GgufNumbers& numbers, std::string_view what,
                                      const std::filesystem::path& path);
std::vector<double> to_numbers(const GgufNumbers& numbers);

bool is_integer_type(GgufType type);

}  // namespace headlens
