#include "headlens/models/random_weights.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <random>
#include <vector>

#include "headlens/base/cancellation.h"
#include "headlens/base/team.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {
namespace {

bool is_drawn(const StoredTensor& tensor) {
  switch (tensor.dtype) {
    case DType::i64:
    case DType::i32:
    case DType::i16:
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return false;
    default:
      return tensor.name.find("rope_freqs") == std::string::npos &&
             tensor.name.find("inv_freq") == std::string::npos;
  }
}

/// FNV-1a, which is the same everywhere.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

/// Box and Muller's, the same on every platform.
class Normals {
 public:
  explicit Normals(std::uint64_t seed) : random_(seed) {}

  double next() {
    if (has_second_) {
      has_second_ = false;
      return second_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    second_ = radius * std::sin(angle);
    has_second_ = true;
    return radius * std::cos(angle);
  }

 private:
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  std::mt19937_64 random_;
  double second_ = 0;
  bool has_second_ = false;
};

void draw(std::span<float> values, std::uint64_t seed) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / n);
  Normals normals(seed);
  for (float& value : values) value = static_cast<float>(mean + deviation * normals.next());
}

}  // namespace

void draw_random_weights(Checkpoint& checkpoint, std::uint64_t seed) {
  std::vector<StoredTensor*> tensors;
  for (auto& [name, tensor] : checkpoint.tensors) {
    if (is_drawn(tensor)) tensors.push_back(&tensor);
  }
  std::vector<std::shared_ptr<std::vector<float>>> drawn(tensors.size());
  parallel_for(std::ssize(tensors), [&](std::ptrdiff_t i) {
    check_cancellation();
    StoredTensor& tensor = *tensors[i];
    drawn[i] = std::make_shared<std::vector<float>>(element_count(tensor.shape));
    dequantize(tensor.dtype, tensor.bytes, *drawn[i]);
    draw(*drawn[i], seed ^ hash_of(tensor.name));
    tensor.dtype = DType::f32;
    tensor.bytes = std::as_bytes(std::span<const float>(*drawn[i]));
  });
  checkpoint.memory.insert(checkpoint.memory.end(), drawn.begin(), drawn.end());
  checkpoint.release_pages();
}

}  // namespace headlens
