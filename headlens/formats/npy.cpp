#include "headlens/formats/npy.h"

#include <array>
#include <limits>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/formats/byte_reader.h"
#include "headlens/formats/npy_header.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/tensor_layout.h"

namespace headlens {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct ElementType {
  std::string_view descr;
  DType dtype;
};

constexpr std::array<ElementType, 4> kTypes = {
    {{"<f4", DType::f32}, {"<f8", DType::f64}, {"<i4", DType::i32}, {"<i8", DType::i64}}};

DType dtype_of(const std::string& descr, const std::filesystem::path& path) {
  for (const ElementType& type : kTypes) {
    if (type.descr == descr) return type.dtype;
  }
  throw UnsupportedError(
      fmt::format("{}: numpy element type {} is not supported; supported are <f4, <f8, <i4 and <i8",
                  path.string(), printable(descr)));
}

std::uint64_t header_length(ByteReader& reader, int version) {
  constexpr std::string_view kWhat = "the .npy header length";
  return version == 1 ? reader.read<std::uint16_t>(kWhat) : reader.read<std::uint32_t>(kWhat);
}

NpyHeader read_header(ByteReader& reader) {
  const auto magic = reader.take(kMagic.size(), "the .npy mark");
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) {
    throw FormatError(reader.path().string(), "does not begin as a .npy file");
  }
  const int major = reader.read<std::uint8_t>("the .npy version");
  const int minor = reader.read<std::uint8_t>("the .npy version");
  if (major < 1 || major > 3 || minor != 0) {
    throw UnsupportedError(
        fmt::format("{}: .npy version {}.{} is not supported; 1.0, 2.0 and 3.0 are",
                    reader.path().string(), major, minor));
  }
  const auto text = reader.take(header_length(reader, major), "the .npy header");
  return parse_npy_header({reinterpret_cast<const char*>(text.data()), text.size()}, reader.path());
}

template <typename T>
void convert(std::span<const std::byte> bytes, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
}

void convert(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
  switch (dtype) {
    case DType::f64:
      return convert<double>(bytes, out);
    case DType::i32:
      return convert<std::int32_t>(bytes, out);
    case DType::i64:
      return convert<std::int64_t>(bytes, out);
    default:
      return convert<float>(bytes, out);
  }
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  write_npy(path, tensor.shape(), tensor.values());
}

void write_npy(const std::filesystem::path& path, const Shape& shape,
               std::span<const float> values) {
  if (element_count(shape) != static_cast<std::int64_t>(values.size())) {
    throw ShapeError("write_npy", to_string(shape), std::to_string(values.size()) + " numbers");
  }
  const std::string header = npy_header_text(shape);
  const std::array<unsigned char, 4> prefix = {1, 0, static_cast<unsigned char>(header.size()),
                                               static_cast<unsigned char>(header.size() >> 8)};
  AtomicFile file(path);
  file.write(kMagic);
  file.write(std::as_bytes(std::span(prefix)));
  file.write(header);
  file.write(std::as_bytes(values));
  file.commit();
}

Tensor parse_npy(std::span<const std::byte> file, const std::filesystem::path& name) {
  ByteReader reader(file, name);
  const NpyHeader header = read_header(reader);
  if (header.fortran_order) {
    throw UnsupportedError(name.string() +
                           ": a Fortran-order array; save it again with "
                           "numpy.ascontiguousarray");
  }
  const DType dtype = dtype_of(header.descr, name);
  const std::uint64_t bytes = stored_bytes(name, "array", dtype, header.shape);
  if (bytes != reader.remaining()) {
    throw FormatError(
        name.string(),
        fmt::format("shape {} of {} takes {} bytes, but {} follow the header",
                    to_string(header.shape), header.descr, bytes, reader.remaining()));
  }
  Tensor tensor(header.shape);
  convert(dtype, reader.take(bytes, "the array"), tensor.values());
  return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_npy(file.bytes(), path);
}

}  // namespace headlens
