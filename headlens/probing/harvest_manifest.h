#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "headlens/probing/harvest_options.h"
#include "headlens/probing/labelled_corpus.h"

namespace headlens {

struct HarvestSite {
  Site site = {};
  std::optional<int> hidden_state = {};  ///< its number, where it is one (hidden_state_site)
  std::int64_t width = 0;                ///< numbers a row
};

/// Everything that decides what a harvest holds. Nothing in it depends on when or how often the
/// work was begun.
struct HarvestWork {
  std::string headlens_version = {}, model_name = {}, model_family = {}, model_sha256 = {},
              precision = {};
  CorpusInfo corpus = {};
  std::vector<HarvestSite> sites = {};
  HarvestUnit unit = HarvestUnit::word;
  Pooling pooling = Pooling::last;
  SpecialTokens special_tokens = SpecialTokens::add;
  bool skip_unfit = false;
  DType dtype = DType::f32;
  std::int64_t shard_tokens = 0, shard_bytes = 0;
};

/// Counts of a shard, or of a whole harvest.
struct HarvestCounts {
  std::int64_t sentences = 0;  ///< that gave rows
  std::int64_t sentences_read = 0;
  std::int64_t skipped_sentences = 0, skipped_words = 0;
  std::int64_t tokens = 0;  ///< that were run, special ones included
  std::int64_t rows = 0;

  HarvestCounts& operator+=(const HarvestCounts& other);
};

/// A file that belongs to a harvest.
struct HarvestFile {
  std::string name = {};  ///< in the harvest's folder
  std::int64_t bytes = 0;
  std::string sha256 = {};
};

struct HarvestShard {
  HarvestCounts counts = {};
  HarvestFile states = {};  ///< safetensors: [row, width] under the name of each site
  HarvestFile rows = {};    ///< JSON Lines: what the rows belong to, one sentence a line
};

struct HarvestManifest {
  static constexpr const char* kFileName = "manifest.json";
  static constexpr const char* kSchema = "headlens/harvest/1";

  HarvestWork work = {};
  HarvestCounts counts = {};
  std::vector<HarvestShard> shards = {};
};

nlohmann::ordered_json to_json(const CorpusInfo& corpus);
nlohmann::ordered_json to_json(const HarvestWork& work);
nlohmann::ordered_json to_json(const HarvestShard& shard);
/// Form "headlens/harvest/1" of docs/schema.
nlohmann::ordered_json to_json(const HarvestManifest& manifest);

/// The inverses. @throws FormatError  naming `path`, if the JSON is not of that form
HarvestShard shard_from_json(const nlohmann::json& json, const std::filesystem::path& path);
HarvestManifest manifest_from_json(const nlohmann::json& json, const std::filesystem::path& path);

/// "f32", "f16" or "bf16".
std::string harvest_dtype_name(DType dtype);
std::optional<DType> parse_harvest_dtype(std::string_view name);

}  // namespace headlens
