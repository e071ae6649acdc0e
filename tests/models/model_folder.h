#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "headlens/models/model.h"
#include "headlens/tensor/shape.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

/// A copy of a model of tests/goldens/parity whose parts may be changed. Sharded ones become one
/// float32 file.
class ModelFolder {
 public:
  struct Numbers {
    Shape shape;
    std::vector<float> values;
  };
  using Tensors = std::map<std::string, Numbers>;

  explicit ModelFolder(const std::string& parity_name);

  nlohmann::json& config() { return config_; }
  Tensors& tensors() { return tensors_; }
  /// Writes config and tensors as they are now.
  void save() const;
  /// save(), then opens the model.
  std::unique_ptr<Model> open() const;
  const std::filesystem::path& path() const { return folder_.path(); }
  std::string config_path() const { return (path() / "config.json").string(); }

 private:
  TemporaryDirectory folder_;
  nlohmann::json config_;
  Tensors tensors_;
};

}  // namespace headlens
