#include "tests/models/model_folder.h"

#include "headlens/formats/json_file.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {

ModelFolder::ModelFolder(const std::string& parity_name) {
  const auto original =
      std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "parity" / parity_name;
  config_ = read_json(original / "config.json");
  const Checkpoint checkpoint = read_safetensors_directory(original);
  for (const auto& [name, stored] : checkpoint.tensors) {
    Numbers& numbers = tensors_[name];
    numbers.shape = stored.shape;
    numbers.values.resize(static_cast<std::size_t>(element_count(stored.shape)));
    dequantize(stored.dtype, stored.bytes, numbers.values);
  }
}

void ModelFolder::save() const {
  folder_.write("config.json", config_.dump());
  std::vector<NamedTensor> named;
  for (const auto& [name, numbers] : tensors_)
    named.push_back({name, numbers.shape, numbers.values});
  write_safetensors(path() / "model.safetensors", named);
}

std::unique_ptr<Model> ModelFolder::open() const {
  save();
  return Model::open(path(), Precision::f32);
}

}  // namespace headlens
