#include "tests/parity/parity_models.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {
namespace {

std::filesystem::path folder(const std::string& name) {
  return std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "parity" / name;
}

ResolvedModel resolve(const std::string& name) {
  const auto gguf = folder(name) / "model.gguf";
  if (std::filesystem::exists(gguf)) return {name, gguf, ModelKind::gguf_file};
  return {name, folder(name), ModelKind::huggingface_directory};
}

std::vector<std::string> names_with(const std::string& file) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder(""))) {
    if (std::filesystem::exists(entry.path() / file)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

ParityModel::ParityModel(const std::string& name, Precision precision)
    : session_(resolve(name), {.precision = precision}),
      expected_(read_safetensors(folder(name) / "expected.safetensors")) {
  if (const auto path = folder(name) / "sites.safetensors"; std::filesystem::exists(path)) {
    sites_ = read_safetensors(path);
  }
}

std::vector<std::string> ParityModel::names() { return names_with("expected.safetensors"); }

std::vector<std::string> ParityModel::names_with_sites() { return names_with("sites.safetensors"); }

TokenSequence ParityModel::sequence(int index) const {
  const std::string prefix = "seq" + std::to_string(index) + ".";
  const auto integers = [&](const std::string& name) {
    const Tensor values = expected(prefix + name);
    return std::vector<std::int32_t>(values.values().begin(), values.values().end());
  };
  TokenSequence sequence{.ids = integers("input_ids")};
  if (expects(prefix + "token_type_ids")) sequence.type_ids = integers("token_type_ids");
  return sequence;
}

Tensor ParityModel::expected(const std::string& tensor) const {
  return decode(expected_.at(tensor));
}

Tensor ParityModel::decode(const StoredTensor& stored) {
  Tensor tensor(stored.shape);
  dequantize(stored.dtype, stored.bytes, tensor.values());
  return tensor;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference =
        std::abs(a[i] - b[i]) / std::max(1.0, std::abs(static_cast<double>(b[i])) / 10);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

}  // namespace headlens
