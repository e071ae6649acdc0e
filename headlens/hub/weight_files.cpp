#include "headlens/hub/weight_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/hub/model_name.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexName = "model.safetensors.index.json";

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
  std::vector<fs::path> files;
  if (const fs::path index = model.path / kIndexName; is_file(index)) {
    for (const std::string& shard : shards_of_index(read_small_file(index, kLargestJson), index)) {
      files.push_back(model.path / shard);
    }
    return files;
  }
  files = files_with_extension(model.path, ".safetensors");
  if (files.empty()) throw FormatError(model.path, "holds no safetensors weights");
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

std::vector<std::string> shards_of_index(const std::string& text, const std::string& path) {
  const auto index = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object() ||
      index["weight_map"].empty()) {
    throw FormatError(path, "is not a safetensors index: no object \"weight_map\" in it");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    if (!file.is_string() || !is_safe_relative_path(file.get_ref<const std::string&>()) ||
        !has_extension(file.get_ref<const std::string&>(), ".safetensors")) {
      throw FormatError(path, tensor, "the index names no safetensors file beside it");
    }
    shards.insert(file.get<std::string>());
  }
  return {shards.begin(), shards.end()};
}

std::string read_small_file(const fs::path& path, std::size_t limit) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  if (bytes.size() > limit) {
    throw FormatError(path, fmt::format("is larger than the {} bytes that make sense", limit));
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace headlens
