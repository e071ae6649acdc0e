#include "headlens/models/weight_reader.h"

#include <algorithm>
#include <memory>

#include "headlens/base/errors.h"
#include "headlens/kernels/dequantize.h"
#include "headlens/kernels/panel_product.h"

namespace headlens {
namespace {

/// Panels that one task packs; enough of them to share a vocabulary's worth over threads.
constexpr std::int64_t kPanelsPerTask = 16;

std::string file_of(const Checkpoint& checkpoint) {
  return checkpoint.files.empty() ? "model" : checkpoint.files.front()->path().string();
}

std::int64_t row_bytes(const StoredTensor& tensor) {
  const DTypeInfo type = info(tensor.dtype);
  return tensor.shape.back() / type.block_elements * type.block_bytes;
}

Tensor decode_vector(const StoredTensor& tensor) {
  Tensor values(tensor.shape);
  dequantize(tensor.dtype, tensor.bytes, values.values());
  return values;
}

/// Rows [first, first + n) of a layer as float32 [n, in_features].
class RowDecoder {
 public:
  RowDecoder(const StoredTensor& tensor, const LinearName& name, std::int64_t in_features)
      : tensor_(tensor), name_(name), in_features_(in_features) {}

  void decode(std::int64_t first, std::int64_t n, float* rows) {
    if (name_.input_first) return decode_columns(first, n, rows);
    const std::int64_t bytes = row_bytes(tensor_);
    const auto width = static_cast<std::size_t>(in_features_);
    if (!name_.stored_feature) {
      dequantize(tensor_.dtype, tensor_.bytes.subspan(first * bytes, n * bytes),
                 {rows, static_cast<std::size_t>(n) * width});
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t stored = name_.stored_feature(first + i);
      dequantize(tensor_.dtype, tensor_.bytes.subspan(stored * bytes, bytes),
                 {rows + i * in_features_, width});
    }
  }

 private:
  /// For [in, out] tensors: takes columns of the tensor, decoded once.
  void decode_columns(std::int64_t first, std::int64_t n, float* rows) {
    if (whole_.empty()) whole_ = decode_vector(tensor_);
    std::vector<std::int64_t> columns;
    for (std::int64_t i = first; i < first + n; ++i) {
      columns.push_back(name_.stored_feature ? name_.stored_feature(i) : i);
    }
    for (std::int64_t k = 0; k < in_features_; ++k) {
      const float* stored = whole_.data() + k * tensor_.shape.back();
      for (std::int64_t i = 0; i < n; ++i) rows[i * in_features_ + k] = stored[columns[i]];
    }
  }

  const StoredTensor& tensor_;
  const LinearName& name_;
  std::int64_t in_features_;
  Tensor whole_;
};

struct PlannedPart {
  const StoredTensor* weight;
  const StoredTensor* bias;
  LinearName name;
  std::int64_t out_features;
};

void fill_bias(const PlannedPart& part, float* bias) {
  if (part.bias == nullptr) return;
  const Tensor stored = decode_vector(*part.bias);
  for (std::int64_t i = 0; i < part.out_features; ++i) {
    bias[i] = stored.data()[part.name.stored_feature ? part.name.stored_feature(i) : i];
  }
}

/// Packs features [range.begin, range.end) of the parts put one after another.
void pack_range(const std::vector<PlannedPart>& parts, std::int64_t in_features, Range range,
                PackedLinear& packed) {
  Tensor rows({kPanelColumns, in_features});
  std::int64_t part_begin = 0;
  for (const PlannedPart& part : parts) {
    RowDecoder decoder(*part.weight, part.name, in_features);
    const std::int64_t begin = std::max<std::int64_t>(range.begin, part_begin);
    const std::int64_t end = std::min<std::int64_t>(range.end, part_begin + part.out_features);
    for (std::int64_t i = begin; i < end;) {
      const std::int64_t panel_end = (i / kPanelColumns + 1) * kPanelColumns;
      const std::int64_t n = std::min(panel_end, end) - i;
      decoder.decode(i - part_begin, n, rows.data());
      packed.pack_rows(i, n, rows.data());
      i += n;
    }
    part_begin += part.out_features;
  }
}

}  // namespace

const StoredTensor& WeightReader::require(const std::string& name, const Shape& shape) const {
  const StoredTensor& tensor = checkpoint_.at(name);
  if (tensor.shape != shape) {
    throw FormatError(file_of(checkpoint_), name,
                      "the config asks for shape " + to_string(shape) + ", the file has " +
                          to_string(tensor.shape));
  }
  return tensor;
}

void WeightReader::plan_linear(const std::vector<Part>& parts, std::int64_t in_features,
                               PackedLinear& target, std::vector<PackingTask>& tasks) const {
  auto planned = std::make_shared<std::vector<PlannedPart>>();
  std::int64_t out_features = 0;
  bool has_bias = false;
  for (const Part& part : parts) {
    const std::int64_t stored =
        part.name.stored_width > 0 ? part.name.stored_width : part.out_features;
    const Shape shape =
        part.name.input_first ? Shape{in_features, stored} : Shape{stored, in_features};
    const StoredTensor* bias =
        part.name.bias.empty() ? nullptr : &require(part.name.bias, {stored});
    planned->push_back({&require(part.name.weight, shape), bias, part.name, part.out_features});
    out_features += part.out_features;
    has_bias = has_bias || bias != nullptr;
  }
  target = PackedLinear(out_features, in_features, precision_, has_bias);
  std::int64_t begin = 0;
  for (const PlannedPart& part : *planned) {
    if (has_bias) fill_bias(part, target.bias().data() + begin);
    begin += part.out_features;
  }
  const bool decodes_whole = parts.front().name.input_first;
  const std::int64_t grain = decodes_whole ? out_features : kPanelsPerTask * kPanelColumns;
  for (std::int64_t first = 0; first < out_features; first += grain) {
    const Range range{first, std::min(first + grain, out_features)};
    tasks.push_back([planned, in_features, range, &target] {
      pack_range(*planned, in_features, range, target);
    });
  }
}

Tensor WeightReader::read_vector(const std::string& name, std::int64_t width) const {
  return decode_vector(require(name, {width}));
}

NormWeights WeightReader::read_norm(const NormName& name, std::int64_t width) const {
  NormWeights norm;
  if (name.weight.empty()) return norm;
  norm.weight = read_vector(name.weight, width);
  if (!name.bias.empty()) norm.bias = read_vector(name.bias, width);
  return norm;
}

StoredTensor WeightReader::find_table(const std::string& name, std::int64_t rows,
                                      std::int64_t width) const {
  return require(name, {rows, width});
}

}  // namespace headlens
