#include <algorithm>
#include <array>
#include <bit>

#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/tensor_layout.h"

namespace headlens {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint32_t kMostDimensions = 4;

struct TypeCode {
  std::uint32_t code;
  DType dtype;
};

constexpr std::array<TypeCode, 18> kDecodable = {{
    {0, DType::f32},
    {1, DType::f16},
    {2, DType::q4_0},
    {3, DType::q4_1},
    {6, DType::q5_0},
    {7, DType::q5_1},
    {8, DType::q8_0},
    {10, DType::q2_k},
    {11, DType::q3_k},
    {12, DType::q4_k},
    {13, DType::q5_k},
    {14, DType::q6_k},
    {24, DType::i8},
    {25, DType::i16},
    {26, DType::i32},
    {27, DType::i64},
    {28, DType::f64},
    {30, DType::bf16},
}};

struct TypeName {
  std::uint32_t code;
  std::string_view name;
};

constexpr std::array<TypeName, 22> kKnownButNotDecodable = {{
    {4, "Q4_2"},      {5, "Q4_3"},     {9, "Q8_1"},   {15, "Q8_K"},       {16, "IQ2_XXS"},
    {17, "IQ2_XS"},   {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"},     {21, "IQ3_S"},
    {22, "IQ2_S"},    {23, "IQ4_XS"},  {29, "IQ1_M"}, {31, "Q4_0_4_4"},   {32, "Q4_0_4_8"},
    {33, "Q4_0_8_8"}, {34, "TQ1_0"},   {35, "TQ2_0"}, {36, "IQ4_NL_4_4"}, {39, "MXFP4"},
    {40, "NVFP4"},    {41, "Q1_0"},
}};

DType dtype_of(std::uint32_t code, const std::string& tensor, const std::filesystem::path& path) {
  for (const TypeCode& type : kDecodable) {
    if (type.code == code) return type.dtype;
  }
  std::string name = fmt::format("number {}", code);
  for (const TypeName& type : kKnownButNotDecodable) {
    if (type.code == code) name = type.name;
  }
  std::string supported;
  for (const TypeCode& type : kDecodable) supported += fmt::format(" {}", info(type.dtype).name);
  throw UnsupportedError(fmt::format("{}, tensor {}: its type {} is not supported; supported are{}",
                                     path.string(), printable(tensor), name, supported));
}

}  // namespace

/// Reads the parts of a GGUF file in their order.
class GgufParser {
 public:
  GgufParser(std::span<const std::byte> file, const std::filesystem::path& path)
      : file_(file), path_(path), reader_(file, path) {}

  GgufFile parse() {
    result_.path_ = path_;
    read_version();
    const auto tensor_count = reader_.read<std::uint64_t>("the number of tensors");
    const auto value_count = reader_.read<std::uint64_t>("the number of metadata values");
    constexpr std::uint64_t kLeastTensorBytes = 24, kLeastValueBytes = 13;
    refuse_count(tensor_count, kLeastTensorBytes, "tensors");
    refuse_count(value_count, kLeastValueBytes, "metadata values");
    for (std::uint64_t i = 0; i < value_count; ++i) read_metadata_value();
    refuse_split_file();
    for (std::uint64_t i = 0; i < tensor_count; ++i) read_tensor_info();
    place_tensors();
    return std::move(result_);
  }

 private:
  struct TensorInfo {
    std::string name;
    Shape shape;
    DType dtype;
    std::uint64_t offset;
  };

  void read_version() {
    if (reader_.read<std::uint32_t>("the GGUF mark") != kMagic) {
      throw FormatError(path_.string(), "does not begin with \"GGUF\"; it is another kind of file");
    }
    const auto version = reader_.read<std::uint32_t>("the GGUF version");
    constexpr std::uint32_t kLowHalf = 0xffff;
    if (version != 0 && (version & kLowHalf) == 0) {
      throw UnsupportedError(path_.string() +
                             ": a big-endian GGUF file; only little-endian ones are supported");
    }
    if (version != 2 && version != 3) {
      throw UnsupportedError(fmt::format(
          "{}: GGUF version {}; versions 2 and 3 are supported, convert the model again",
          path_.string(), version));
    }
    result_.version_ = static_cast<int>(version);
  }

  void refuse_count(std::uint64_t count, std::uint64_t least_bytes, std::string_view what) {
    if (count > reader_.remaining() / least_bytes) {
      reader_.fail(fmt::format("{} {} are announced, more than the file could hold", count, what));
    }
  }

  std::string read_name(std::string_view what) {
    const std::string_view name = reader_.read_string(what);
    if (!is_utf8(name)) reader_.fail(fmt::format("{} {} is not UTF-8", what, printable(name)));
    return std::string(name);
  }

  void read_metadata_value() {
    std::string key = read_name("a metadata key");
    GgufValue value = read_gguf_value(reader_, "metadata " + printable(key));
    if (result_.metadata_.contains(key)) {
      reader_.fail(fmt::format("metadata {} occurs twice", printable(key)));
    }
    result_.metadata_.emplace(std::move(key), std::move(value));
  }

  void refuse_split_file() {
    const auto parts = result_.integer("split.count").value_or(1);
    if (parts > 1) {
      throw UnsupportedError(
          fmt::format("{}: one of {} parts of a split model; join them first, for instance with "
                      "llama-gguf-split --merge",
                      path_.string(), parts));
    }
  }

  void read_tensor_info() {
    TensorInfo tensor;
    tensor.name = read_name("a tensor name");
    const auto dimensions = reader_.read<std::uint32_t>("a tensor's number of dimensions");
    if (dimensions > kMostDimensions) {
      fail(tensor.name,
           fmt::format("{} dimensions; the format allows {}", dimensions, kMostDimensions));
    }
    for (std::uint32_t axis = 0; axis < dimensions; ++axis) {
      tensor.shape.push_back(reader_.read<std::int64_t>("a tensor's size"));
    }
    std::ranges::reverse(tensor.shape);
    tensor.dtype = dtype_of(reader_.read<std::uint32_t>("a tensor's type"), tensor.name, path_);
    tensor.offset = reader_.read<std::uint64_t>("a tensor's offset");
    tensors_.push_back(std::move(tensor));
  }

  std::uint64_t alignment() const {
    constexpr std::string_view kKey = "general.alignment";
    const std::int64_t value =
        result_.integer(kKey).value_or(static_cast<std::int64_t>(kDefaultAlignment));
    if (value <= 0 || value > std::int64_t{1} << 30 ||
        !std::has_single_bit(static_cast<std::uint64_t>(value))) {
      throw FormatError(path_.string(),
                        fmt::format("metadata {} is {}; it must be a power of two", kKey, value));
    }
    return static_cast<std::uint64_t>(value);
  }

  void place_tensors() {
    const std::uint64_t align = alignment();
    if (tensors_.empty()) return;
    const std::uint64_t start = (reader_.offset() + align - 1) / align * align;
    const auto data = file_.subspan(std::min<std::uint64_t>(start, file_.size()));
    std::vector<TensorExtent> extents;
    for (const TensorInfo& tensor : tensors_) {
      const std::uint64_t bytes = stored_bytes(path_, tensor.name, tensor.dtype, tensor.shape);
      if (tensor.offset % align != 0) {
        fail(tensor.name, fmt::format("its offset {} is not a multiple of the alignment {}",
                                      tensor.offset, align));
      }
      if (tensor.offset > data.size() || bytes > data.size() - tensor.offset) {
        fail(tensor.name,
             fmt::format("its {} bytes at {} pass the end of the data at {}; the file is truncated "
                         "or damaged",
                         bytes, tensor.offset, data.size()));
      }
      extents.push_back({tensor.name, tensor.offset, tensor.offset + bytes});
      const StoredTensor stored{tensor.name, tensor.dtype, tensor.shape,
                                data.subspan(tensor.offset, bytes)};
      if (!result_.checkpoint_.tensors.emplace(tensor.name, stored).second) {
        fail(tensor.name, "occurs twice");
      }
    }
    sort_and_refuse_overlaps(path_, extents);
  }

  [[noreturn]] void fail(const std::string& tensor, std::string_view problem) const {
    throw FormatError(path_.string(), printable(tensor), problem);
  }

  std::span<const std::byte> file_;
  const std::filesystem::path& path_;
  ByteReader reader_;
  std::vector<TensorInfo> tensors_;
  GgufFile result_;
};

GgufFile parse_gguf(std::span<const std::byte> file, const std::filesystem::path& name) {
  return GgufParser(file, name).parse();
}

GgufFile read_gguf(const std::filesystem::path& path) {
  auto mapped = std::make_shared<const MappedFile>(path);
  GgufFile file = parse_gguf(mapped->bytes(), path);
  file.checkpoint_.files.push_back(std::move(mapped));
  return file;
}

}  // namespace headlens
