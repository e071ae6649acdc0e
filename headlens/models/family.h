#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/models/config_reader.h"
#include "headlens/models/model_spec.h"
#include "headlens/models/tensor_names.h"

namespace headlens {

/// Asks whether a checkpoint holds a tensor of that name. Valid only during the call it is given
/// to.
using HasTensor = std::function<bool(std::string_view)>;

/// One kind of model: how its config.json reads and what its tensors are called.
struct Family {
  std::string_view model_type;  ///< config.json's model_type
  ModelSpec (*read_config)(const ConfigReader& config);
  /// May complete the spec with what only the checkpoint tells (which head it has).
  ModelNames (*name_tensors)(ModelSpec& spec, const ConfigReader& config, const HasTensor& has);
};

/// @throws UnsupportedError  if no family has this model_type; names the supported ones
const Family& find_family(std::string_view model_type);

/// All model types, for messages and documentation.
std::vector<std::string_view> supported_model_types();

}  // namespace headlens
