#include "headlens/probing/harvest_manifest.h"

#include <fmt/format.h>

#include <array>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

struct Named {
  DType dtype;
  std::string_view name;
};
constexpr std::array<Named, 3> kDTypes = {
    {{DType::f32, "f32"}, {DType::f16, "f16"}, {DType::bf16, "bf16"}}};

Json to_json(const HarvestCounts& counts) {
  return {{"sentences", counts.sentences},
          {"sentences_read", counts.sentences_read},
          {"skipped_sentences", counts.skipped_sentences},
          {"skipped_words", counts.skipped_words},
          {"tokens", counts.tokens},
          {"rows", counts.rows}};
}

Json to_json(const HarvestFile& file) {
  return {{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

std::int64_t count_from(const nlohmann::json& json, std::string_view key, const Path& path) {
  const std::int64_t count = require_integer(json, key, path);
  if (count < 0) throw FormatError(path.string(), printable(key) + " is negative");
  return count;
}

HarvestCounts counts_from(const nlohmann::json& json, const Path& path) {
  return {.sentences = count_from(json, "sentences", path),
          .sentences_read = count_from(json, "sentences_read", path),
          .skipped_sentences = count_from(json, "skipped_sentences", path),
          .skipped_words = count_from(json, "skipped_words", path),
          .tokens = count_from(json, "tokens", path),
          .rows = count_from(json, "rows", path)};
}

HarvestFile file_from(const nlohmann::json& json, const Path& path) {
  HarvestFile file{.name = require_string(json, "name", path),
                   .bytes = count_from(json, "bytes", path),
                   .sha256 = require_string(json, "sha256", path)};
  if (Path(file.name).filename() != file.name || file.name.empty()) {
    throw FormatError(path.string(), "names a file outside its folder: " + printable(file.name));
  }
  return file;
}

template <typename T>
T chosen(std::optional<T> value, std::string_view key, const Path& path) {
  if (!value) throw FormatError(path.string(), printable(key) + " has a value that is not known");
  return *value;
}

CorpusInfo corpus_from(const nlohmann::json& json, const Path& path) {
  CorpusInfo corpus{.task = require_string(json, "task", path),
                    .data = require_string(json, "data", path),
                    .sha256 = require_string(json, "sha256", path)};
  const std::string unit = require_string(json, "unit", path);
  corpus.unit = unit == "word"   ? LabelUnit::word
                : unit == "pair" ? LabelUnit::pair
                                 : LabelUnit::sentence;
  for (const auto& column : require_array(json, "columns", path)) {
    if (!column.is_string()) throw FormatError(path.string(), "has a column without a name");
    corpus.columns.push_back(column);
  }
  corpus.seed = static_cast<std::uint64_t>(require_integer(json, "seed", path));
  corpus.reading = optional_string(json, "reading", path).value_or("");
  corpus.max_rows = optional_integer(json, "max_rows", path).value_or(0);
  return corpus;
}

HarvestSite site_from(const nlohmann::json& json, const Path& path) {
  const auto hidden_state = optional_integer(json, "hidden_state", path);
  HarvestSite site{.site = chosen(parse_site(require_string(json, "name", path)), "name", path),
                   .hidden_state = {},
                   .width = count_from(json, "width", path)};
  if (hidden_state) site.hidden_state = static_cast<int>(*hidden_state);
  return site;
}

HarvestWork work_from(const nlohmann::json& json, const Path& path) {
  const nlohmann::json& model = require_object(json, "model", path);
  const nlohmann::json& shards = require_object(json, "shard_limits", path);
  HarvestWork work{
      .headlens_version = require_string(json, "headlens_version", path),
      .model_name = require_string(model, "name", path),
      .model_family = require_string(model, "family", path),
      .model_sha256 = require_string(model, "sha256", path),
      .precision = require_string(model, "precision", path),
      .corpus = corpus_from(require_object(json, "corpus", path), path),
      .sites = {},
      .unit = chosen(parse_harvest_unit(require_string(json, "unit", path)), "unit", path),
      .pooling = chosen(parse_pooling(require_string(json, "pooling", path)), "pooling", path),
      .special_tokens =
          require_boolean(json, "special_tokens", path) ? SpecialTokens::add : SpecialTokens::none,
      .skip_unfit = require_boolean(json, "skip_unfit", path),
      .dtype = chosen(parse_harvest_dtype(require_string(json, "dtype", path)), "dtype", path),
      .shard_tokens = count_from(shards, "tokens", path),
      .shard_bytes = count_from(shards, "bytes", path)};
  for (const auto& site : require_array(json, "sites", path)) {
    work.sites.push_back(site_from(site, path));
  }
  return work;
}

}  // namespace

HarvestCounts& HarvestCounts::operator+=(const HarvestCounts& other) {
  sentences += other.sentences;
  sentences_read += other.sentences_read;
  skipped_sentences += other.skipped_sentences;
  skipped_words += other.skipped_words;
  tokens += other.tokens;
  rows += other.rows;
  return *this;
}

std::string harvest_dtype_name(DType dtype) {
  for (const Named& named : kDTypes) {
    if (named.dtype == dtype) return std::string(named.name);
  }
  throw UsageError("states are harvested as f32, f16 or bf16");
}

std::optional<DType> parse_harvest_dtype(std::string_view name) {
  for (const Named& named : kDTypes) {
    if (named.name == name) return named.dtype;
  }
  return std::nullopt;
}

Json to_json(const CorpusInfo& corpus) {
  Json json = {{"task", corpus.task},       {"data", corpus.data.string()},
               {"sha256", corpus.sha256},   {"unit", to_string(corpus.unit)},
               {"columns", corpus.columns}, {"seed", corpus.seed}};
  if (!corpus.reading.empty()) json["reading"] = corpus.reading;
  if (corpus.max_rows > 0) json["max_rows"] = corpus.max_rows;
  return json;
}

Json to_json(const HarvestWork& work) {
  Json sites = Json::array();
  for (const HarvestSite& site : work.sites) {
    sites.push_back({{"name", to_string(site.site)},
                     {"hidden_state", site.hidden_state ? Json(*site.hidden_state) : Json()},
                     {"width", site.width}});
  }
  return {{"headlens_version", work.headlens_version},
          {"model",
           {{"name", work.model_name},
            {"family", work.model_family},
            {"sha256", work.model_sha256},
            {"precision", work.precision}}},
          {"corpus", to_json(work.corpus)},
          {"sites", sites},
          {"unit", to_string(work.unit)},
          {"pooling", to_string(work.pooling)},
          {"special_tokens", work.special_tokens == SpecialTokens::add},
          {"skip_unfit", work.skip_unfit},
          {"dtype", harvest_dtype_name(work.dtype)},
          {"shard_limits", {{"tokens", work.shard_tokens}, {"bytes", work.shard_bytes}}}};
}

Json to_json(const HarvestShard& shard) {
  return {{"states", to_json(shard.states)},
          {"rows", to_json(shard.rows)},
          {"counts", to_json(shard.counts)}};
}

Json to_json(const HarvestManifest& manifest) {
  Json json = {{"schema", HarvestManifest::kSchema}};
  json.update(to_json(manifest.work));
  json["counts"] = to_json(manifest.counts);
  json["shards"] = Json::array();
  for (const HarvestShard& shard : manifest.shards) json["shards"].push_back(to_json(shard));
  return json;
}

HarvestShard shard_from_json(const nlohmann::json& json, const Path& path) {
  return {.counts = counts_from(require_object(json, "counts", path), path),
          .states = file_from(require_object(json, "states", path), path),
          .rows = file_from(require_object(json, "rows", path), path)};
}

HarvestManifest manifest_from_json(const nlohmann::json& json, const Path& path) {
  const std::string schema = require_string(json, "schema", path);
  if (schema != HarvestManifest::kSchema) {
    throw FormatError(path.string(), "is no manifest of a harvest but " + printable(schema));
  }
  HarvestManifest manifest{.work = work_from(json, path),
                           .counts = counts_from(require_object(json, "counts", path), path),
                           .shards = {}};
  std::int64_t rows = 0;
  for (const auto& shard : require_array(json, "shards", path)) {
    manifest.shards.push_back(shard_from_json(shard, path));
    rows += manifest.shards.back().counts.rows;
  }
  if (rows != manifest.counts.rows) {
    throw FormatError(path.string(), fmt::format("says {} rows, but its shards have {}",
                                                 manifest.counts.rows, rows));
  }
  return manifest;
}

}  // namespace headlens
