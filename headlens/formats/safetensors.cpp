#include "headlens/formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "headlens/base/errors.h"
#include "headlens/formats/byte_reader.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/safetensors_header.h"
#include "headlens/formats/tensor_layout.h"

namespace headlens {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;

constexpr std::array kDecodable = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64,
                                   DType::i32, DType::i16, DType::i8,  DType::u8,   DType::boolean};

constexpr std::array<std::string_view, 13> kKnownButNotDecodable = {
    "U16",     "U32",     "U64",         "C64",         "F8_E5M2", "F8_E4M3",  "F8_E8M0",
    "F6_E2M3", "F6_E3M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F4",      "F8_E4M3FN"};

DType dtype_of(const SafetensorsEntry& entry, const std::filesystem::path& path) {
  for (const DType dtype : kDecodable) {
    if (info(dtype).name == entry.dtype) return dtype;
  }
  if (std::ranges::find(kKnownButNotDecodable, entry.dtype) != kKnownButNotDecodable.end()) {
    throw UnsupportedError(
        fmt::format("{}, tensor {}: its type {} is not supported; supported are F64, F32, F16, "
                    "BF16, I64, I32, I16, I8, U8 and BOOL",
                    path.string(), printable(entry.name), entry.dtype));
  }
  throw FormatError(path.string(), printable(entry.name), "unknown type " + printable(entry.dtype));
}

/// Checks one entry against the data that follows the header.
StoredTensor stored_tensor(const SafetensorsEntry& entry, std::span<const std::byte> data,
                           const std::filesystem::path& path) {
  const auto fail = [&](std::string_view problem) {
    throw FormatError(path.string(), printable(entry.name), problem);
  };
  const DType dtype = dtype_of(entry, path);
  if (entry.data_offsets.size() != 2) fail("data_offsets must be two numbers, begin and end");
  const std::uint64_t begin = entry.data_offsets[0];
  const std::uint64_t end = entry.data_offsets[1];
  if (begin > end) fail(fmt::format("its bytes begin at {}, after their end {}", begin, end));
  if (end > data.size()) {
    fail(
        fmt::format("its bytes end at {}, past the end of the data at {}; the file is truncated "
                    "or damaged",
                    end, data.size()));
  }
  const std::uint64_t bytes = stored_bytes(path, entry.name, dtype, entry.shape);
  if (bytes != end - begin) {
    fail(fmt::format("shape {} of {} takes {} bytes, but the file gives it {}",
                     to_string(entry.shape), entry.dtype, bytes, end - begin));
  }
  return {entry.name, dtype, entry.shape, data.subspan(begin, bytes)};
}

/// Every byte of the data must belong to exactly one tensor.
void refuse_holes(const std::filesystem::path& path, const std::vector<TensorExtent>& sorted,
                  std::uint64_t data_size) {
  std::uint64_t covered = 0;
  for (const TensorExtent& extent : sorted) {
    if (extent.begin > covered) {
      throw FormatError(
          path.string(), printable(extent.name),
          fmt::format("{} bytes before it belong to no tensor", extent.begin - covered));
    }
    covered = std::max(covered, extent.end);
  }
  if (covered != data_size) {
    throw FormatError(path.string(),
                      fmt::format("the last {} bytes belong to no tensor", data_size - covered));
  }
}

std::string_view header_text(ByteReader& reader) {
  const auto length = reader.read<std::uint64_t>("the safetensors header length");
  if (length > kLongestHeader) {
    reader.fail(fmt::format("the header is said to be {} bytes long; the format allows {}", length,
                            kLongestHeader));
  }
  const auto bytes = reader.take(length, "the safetensors header");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with('{')) {
    reader.fail("the safetensors header does not begin with '{'; is this another kind of file?");
  }
  return text;
}

}  // namespace

Checkpoint parse_safetensors(std::span<const std::byte> file, const std::filesystem::path& name) {
  ByteReader reader(file, name);
  SafetensorsHeader header = parse_safetensors_header(header_text(reader), name);
  const auto data = file.subspan(reader.offset());
  Checkpoint checkpoint;
  checkpoint.metadata = std::move(header.metadata);
  std::vector<TensorExtent> extents;
  for (const SafetensorsEntry& entry : header.entries) {
    checkpoint.tensors.emplace(entry.name, stored_tensor(entry, data, name));
    extents.push_back({entry.name, entry.data_offsets[0], entry.data_offsets[1]});
  }
  sort_and_refuse_overlaps(name, extents);
  refuse_holes(name, extents, data.size());
  return checkpoint;
}

Checkpoint read_safetensors(const std::filesystem::path& file) {
  auto mapped = std::make_shared<const MappedFile>(file);
  Checkpoint checkpoint = parse_safetensors(mapped->bytes(), file);
  checkpoint.files.push_back(std::move(mapped));
  return checkpoint;
}

}  // namespace headlens
