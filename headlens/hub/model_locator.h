#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

enum class ModelKind {
  huggingface_directory,  ///< a folder with config.json, safetensors and a tokenizer
  gguf_file,              ///< one .gguf file
};

/// A model that is on this machine.
struct ResolvedModel {
  std::string name;            ///< what to call it: a known name, a repository, or the path given
  std::filesystem::path path;  ///< the folder, or the .gguf file
  ModelKind kind = ModelKind::huggingface_directory;
  /// Weights are drawn anew from it; absent: they are those of the files.
  std::optional<std::uint64_t> random_seed = {};
};

/// The same architecture and tokenizer with weights that have learnt nothing; its name says so.
ResolvedModel with_random_weights(ResolvedModel model, std::uint64_t seed);

/// Finds a model on this machine, without the network. In this order:
///   1. an existing path: a folder with config.json, a .gguf file, a folder that holds one .gguf;
///   2. a known name (gpt2, smollm2-135m, ...), an "owner/name" repository, or either with
///      "@revision" and, for a GGUF repository, ":file.gguf": in headlens's folder of packaged
///      models, then in the Hugging Face hub's cache.
/// @throws UsageError   if nothing is found; says how to get it, and which names are near
/// @throws FormatError  if a path is given that is missing or holds no model
ResolvedModel resolve_model(std::string_view name_or_path);

/// One row of `headlens models`.
struct ListedModel {
  std::string name;            ///< known name, or the repository if it has none
  std::string repository;      ///< e.g. "openai-community/gpt2"
  std::string family;          ///< config.json's model_type; empty if not known
  bool local = false;          ///< it is complete on this machine
  std::filesystem::path path;  ///< where, if local
  std::uint64_t bytes = 0;     ///< its size on disk, if local
};

/// Every known model, then every other complete model in the hub's cache, by name.
std::vector<ListedModel> list_models();

}  // namespace headlens
