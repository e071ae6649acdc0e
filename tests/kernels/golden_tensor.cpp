#include "tests/kernels/golden_tensor.h"

#include <filesystem>

#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {

std::vector<float> golden_tensor(const std::string& file, const std::string& name) {
  const auto path = std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "kernels" / file;
  const Checkpoint checkpoint = read_safetensors(path);
  const StoredTensor& stored = checkpoint.at(name);
  std::vector<float> numbers(static_cast<std::size_t>(element_count(stored.shape)));
  dequantize(stored.dtype, stored.bytes, numbers);
  return numbers;
}

std::vector<float> random_numbers(std::size_t count, unsigned seed, float spread) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> numbers(count);
  for (float& number : numbers) number = normal(engine);
  return numbers;
}

}  // namespace headlens
