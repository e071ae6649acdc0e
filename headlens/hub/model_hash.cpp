#include "headlens/hub/model_hash.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headlens/base/atomic_file.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/base/sha256.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"
#include "headlens/hub/cache_paths.h"
#include "headlens/hub/hub_layout.h"
#include "headlens/hub/weight_files.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kSha256Digits = 64;

/// What tells that a file is still the one that was hashed.
json identity(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw FormatError(file, "no such weight file");
  }
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);
  return {{"path", (error ? file : whole).string()},
          {"size", status.st_size},
          {"mtime_ns", status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec},
          {"inode", status.st_ino}};
}

std::optional<std::string> named_by_hash(const fs::path& file) {
  std::error_code error;
  const fs::path blob = fs::canonical(file, error);
  if (error || blob.parent_path().filename() != "blobs") return std::nullopt;
  const std::string name = blob.filename();
  if (!is_hex(name, kSha256Digits)) return std::nullopt;
  return name;
}

/// Chunks are dropped from memory once they are hashed, so that a large model's pages do not pile
/// up.
void update_with_file(Sha256& hash, const fs::path& path) {
  constexpr std::size_t kChunk = std::size_t{32} << 20;
  const MappedFile file(path);
  for (auto rest = file.bytes(); !rest.empty();) {
    check_cancellation();
    const auto chunk = rest.first(std::min(kChunk, rest.size()));
    hash.update(chunk);
    file.release_pages();
    rest = rest.subspan(chunk.size());
  }
}

std::string hash_files(const std::vector<fs::path>& files) {
  Sha256 hash;
  for (const fs::path& file : files) update_with_file(hash, file);
  return hash.hex_digest();
}

fs::path cache_file() { return headlens_cache_folder() / "hashes.json"; }

/// {"models": [{"files": [identity...], "sha256": "..."}...]}; an empty list if there is no such
/// file.
json read_cache() {
  try {
    json cache = read_json(cache_file());
    if (cache.is_object() && cache.contains("models") && cache["models"].is_array()) return cache;
  } catch (const Error&) {
  }
  return {{"models", json::array()}};
}

std::optional<std::string> find_hash(const json& cache, const json& files) {
  for (const json& entry : cache["models"]) {
    if (!entry.is_object() || entry.value("files", json()) != files) continue;
    const json hash = entry.value("sha256", json());
    if (hash.is_string() && is_hex(hash.get_ref<const std::string&>(), kSha256Digits)) return hash;
  }
  return std::nullopt;
}

bool same_paths(const json& entry, const json& files) {
  const json other = entry.is_object() ? entry.value("files", json()) : json();
  if (!other.is_array() || other.size() != files.size()) return false;
  return std::equal(other.begin(), other.end(), files.begin(), [](const json& a, const json& b) {
    return a.is_object() && a.value("path", json()) == b["path"];
  });
}

void remember_hash(const json& files, const std::string& hash) {
  const bool fit_for_json = std::all_of(files.begin(), files.end(), [](const json& file) {
    return is_utf8(file["path"].get_ref<const std::string&>());
  });
  if (!fit_for_json) return;
  try {
    json cache = read_cache();
    json kept = json::array();
    for (const json& entry : cache["models"]) {
      if (entry.is_object() && !same_paths(entry, files)) kept.push_back(entry);
    }
    kept.push_back({{"files", files}, {"sha256", hash}});
    make_writable_folder(headlens_cache_folder());
    write_file(cache_file(), json{{"models", kept}}.dump(1) + "\n");
  } catch (const ResourceError&) {
  }
}

std::string hash_of_files(const ResolvedModel& model) {
  const std::vector<fs::path> files = weight_files(model);
  json identities = json::array();
  for (const fs::path& file : files) identities.push_back(identity(file));
  if (files.size() == 1) {
    if (const auto name = named_by_hash(files.front())) return *name;
  }
  if (const auto known = find_hash(read_cache(), identities)) return *known;
  std::string hash = hash_files(files);
  remember_hash(identities, hash);
  return hash;
}

}  // namespace

std::string model_sha256(const ResolvedModel& model) {
  std::string own = hash_of_files(model);
  if (!model.random_seed) return own;
  const std::string text = own + ", random weights of seed " + std::to_string(*model.random_seed);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.hex_digest();
}

}  // namespace headlens
