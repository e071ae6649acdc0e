#include "headlens/formats/gguf_value.h"

#include <array>
#include <limits>
#include <type_traits>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

struct TypeTraits {
  std::string_view name;
  std::uint64_t bytes;  // 0 if values differ in size
};

constexpr std::array<TypeTraits, 13> kTypes = {{{"u8", 1},
                                                {"i8", 1},
                                                {"u16", 2},
                                                {"i16", 2},
                                                {"u32", 4},
                                                {"i32", 4},
                                                {"f32", 4},
                                                {"bool", 1},
                                                {"string", 0},
                                                {"array", 0},
                                                {"u64", 8},
                                                {"i64", 8},
                                                {"f64", 8}}};

const TypeTraits& traits(GgufType type) { return kTypes[static_cast<std::size_t>(type)]; }

GgufType read_type(ByteReader& reader, std::string_view what) {
  const auto type = reader.read<std::uint32_t>(what);
  if (type >= kTypes.size()) reader.fail(fmt::format("{} has the unknown type {}", what, type));
  return static_cast<GgufType>(type);
}

template <typename T>
GgufValue read_scalar(ByteReader& reader, std::string_view what) {
  const T value = reader.read<T>(what);
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

bool read_boolean(ByteReader& reader, std::string_view what) {
  const auto value = reader.read<std::uint8_t>(what);
  if (value > 1) reader.fail(fmt::format("{} is a boolean with the value {}", what, value));
  return value == 1;
}

GgufValue read_array(ByteReader& reader, std::string_view what) {
  const GgufType type = read_type(reader, what);
  if (type == GgufType::array) {
    throw UnsupportedError(
        fmt::format("{}: {} is an array of arrays, which is not supported; no known model needs "
                    "one",
                    reader.path().string(), what));
  }
  const auto count = reader.read<std::uint64_t>(what);
  constexpr std::uint64_t kLeastBytesOfString = 8;
  const std::uint64_t least = type == GgufType::string ? kLeastBytesOfString : traits(type).bytes;
  if (count > reader.remaining() / least) {
    reader.fail(
        fmt::format("{} is said to have {} values, more than the file could hold", what, count));
  }
  if (type != GgufType::string) return GgufNumbers{type, count, reader.take(count * least, what)};
  GgufStrings strings;
  strings.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) strings.push_back(reader.read_string(what));
  return strings;
}

template <typename Out, typename T>
void append_all(std::vector<Out>& out, std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof value);
    out.push_back(static_cast<Out>(value));
  }
}

template <typename Out>
std::vector<Out> convert(const GgufNumbers& numbers) {
  std::vector<Out> out;
  out.reserve(numbers.count);
  switch (numbers.type) {
    case GgufType::u8:
    case GgufType::boolean:
      append_all<Out, std::uint8_t>(out, numbers.bytes);
      break;
    case GgufType::i8:
      append_all<Out, std::int8_t>(out, numbers.bytes);
      break;
    case GgufType::u16:
      append_all<Out, std::uint16_t>(out, numbers.bytes);
      break;
    case GgufType::i16:
      append_all<Out, std::int16_t>(out, numbers.bytes);
      break;
    case GgufType::u32:
      append_all<Out, std::uint32_t>(out, numbers.bytes);
      break;
    case GgufType::i32:
      append_all<Out, std::int32_t>(out, numbers.bytes);
      break;
    case GgufType::u64:
      append_all<Out, std::uint64_t>(out, numbers.bytes);
      break;
    case GgufType::i64:
      append_all<Out, std::int64_t>(out, numbers.bytes);
      break;
    case GgufType::f32:
      append_all<Out, float>(out, numbers.bytes);
      break;
    case GgufType::f64:
      append_all<Out, double>(out, numbers.bytes);
      break;
    case GgufType::string:
    case GgufType::array:
      break;
  }
  return out;
}

}  // namespace

std::string_view name_of(GgufType type) { return traits(type).name; }

bool is_integer_type(GgufType type) {
  switch (type) {
    case GgufType::u8:
    case GgufType::i8:
    case GgufType::u16:
    case GgufType::i16:
    case GgufType::u32:
    case GgufType::i32:
    case GgufType::u64:
    case GgufType::i64:
      return true;
    default:
      return false;
  }
}

std::string_view describe(const GgufValue& value) {
  constexpr std::array<std::string_view, 7> kNames = {
      "an integer", "an integer",          "a floating-point number", "a boolean",
      "a string",   "an array of numbers", "an array of strings"};
  static_assert(kNames.size() == std::variant_size_v<GgufValue>);
  return kNames[value.index()];
}

GgufValue read_gguf_value(ByteReader& reader, std::string_view what) {
  switch (read_type(reader, what)) {
    case GgufType::u8:
      return read_scalar<std::uint8_t>(reader, what);
    case GgufType::i8:
      return read_scalar<std::int8_t>(reader, what);
    case GgufType::u16:
      return read_scalar<std::uint16_t>(reader, what);
    case GgufType::i16:
      return read_scalar<std::int16_t>(reader, what);
    case GgufType::u32:
      return read_scalar<std::uint32_t>(reader, what);
    case GgufType::i32:
      return read_scalar<std::int32_t>(reader, what);
    case GgufType::u64:
      return read_scalar<std::uint64_t>(reader, what);
    case GgufType::i64:
      return read_scalar<std::int64_t>(reader, what);
    case GgufType::f32:
      return read_scalar<float>(reader, what);
    case GgufType::f64:
      return read_scalar<double>(reader, what);
    case GgufType::boolean:
      return read_boolean(reader, what);
    case GgufType::string:
      return reader.read_string(what);
    case GgufType::array:
      return read_array(reader, what);
  }
  reader.fail(fmt::format("{} has an unknown type", what));
}

std::vector<std::int64_t> to_integers(const GgufNumbers& numbers, std::string_view what,
                                      const std::filesystem::path& path) {
  auto integers = convert<std::int64_t>(numbers);
  if (numbers.type == GgufType::u64) {
    for (const std::int64_t value : integers) {
      if (value < 0) {
        throw FormatError(path.string(), fmt::format("{} has a value beyond 63 bits", what));
      }
    }
  }
  return integers;
}

std::vector<double> to_numbers(const GgufNumbers& numbers) { return convert<double>(numbers); }

}  // namespace headlens
