#include "headlens/hub/weight_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/hub/file_selection.h"
#include "headlens/hub/model_name.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool has_extension(const fs::path& path, std::string_view extension) {
  const std::string actual = path.extension();
  return std::equal(actual.begin(), actual.end(), extension.begin(), extension.end(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

bool starts_as_gguf(const fs::path& path) {
  std::array<char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  return file.read(magic.data(), magic.size()) && std::memcmp(magic.data(), "GGUF", 4) == 0;
}

std::vector<fs::path> files_with_extension(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (has_extension(entry->path(), extension) && is_file(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string joined_names(const std::vector<fs::path>& files) {
  std::string text;
  for (const fs::path& file : files) {
    text += (text.empty() ? "" : ", ") + file.filename().string();
  }
  return text;
}

}  // namespace

std::optional<ResolvedModel> model_at(const fs::path& path, std::string_view name) {
  std::error_code error;
  if (is_file(path)) {
    if (!has_extension(path, ".gguf") && !starts_as_gguf(path)) return std::nullopt;
    return ResolvedModel{std::string(name), path, ModelKind::gguf_file};
  }
  if (!fs::is_directory(path, error)) return std::nullopt;
  if (is_file(path / "config.json")) {
    return ResolvedModel{std::string(name), path, ModelKind::huggingface_directory};
  }
  const std::vector<fs::path> ggufs = gguf_files(path);
  if (ggufs.size() > 1) {
    throw UsageError(fmt::format("{}: holds {} GGUF files, name one of them: {}", path.string(),
                                 ggufs.size(), joined_names(ggufs)));
  }
  if (ggufs.empty()) return std::nullopt;
  return ResolvedModel{std::string(name), ggufs.front(), ModelKind::gguf_file};
}

std::vector<fs::path> gguf_files(const fs::path& folder) {
  return files_with_extension(folder, ".gguf");
}

std::vector<fs::path> weight_files(const ResolvedModel& model) {
  if (model.kind == ModelKind::gguf_file) return {model.path};
  if (is_file(model.path / "model.safetensors")) return {model.path / "model.safetensors"};
  const fs::path index = model.path / kSafetensorsIndex;
  if (!is_file(index)) {
    throw FormatError(model.path, "has neither model.safetensors nor its index");
  }
  std::vector<fs::path> files;
  for (const std::string& shard : shards_of_index(index)) files.push_back(model.path / shard);
  return files;
}

bool has_weights(const ResolvedModel& model) {
  try {
    const auto files = weight_files(model);
    return std::all_of(files.begin(), files.end(), is_file);
  } catch (const FormatError&) {
    return false;
  }
}

std::vector<std::string> shards_of_index(const fs::path& index) {
  const nlohmann::json json = read_json(index);
  std::set<std::string> shards;
  for (const auto& [tensor, file] : require_object(json, "weight_map", index).items()) {
    if (!file.is_string() || !is_safe_relative_path(file.get_ref<const std::string&>()) ||
        !has_extension(file.get_ref<const std::string&>(), ".safetensors")) {
      throw FormatError(index, tensor, "the index names no safetensors file beside it");
    }
    shards.insert(file.get<std::string>());
  }
  if (shards.empty()) throw FormatError(index, "the index names no file");
  return {shards.begin(), shards.end()};
}

}  // namespace headlens
