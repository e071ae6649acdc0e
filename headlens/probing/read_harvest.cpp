#include "headlens/probing/read_harvest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/json_lines.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"

namespace headlens {
namespace {

using Path = std::filesystem::path;

constexpr std::uint64_t kLargestManifest = std::uint64_t{1} << 30;

void check_file(const Path& folder, const HarvestFile& file) {
  const Path path = folder / file.name;
  std::error_code error;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  if (error) throw FormatError(path.string(), "is missing from the harvest");
  if (bytes != file.bytes) {
    throw FormatError(path.string(), fmt::format("has {} bytes, but the harvest wrote {}; it is "
                                                 "truncated or damaged",
                                                 bytes, file.bytes));
  }
  if (file_sha256(path) != file.sha256) {
    throw FormatError(path.string(), "is damaged: its SHA-256 is not the manifest's");
  }
}

HarvestedRow row_from(const nlohmann::json& json, const nlohmann::json& sentence,
                      const Path& place) {
  HarvestedRow row{
      .sentence = require_integer(sentence, "sentence", place),
      .line = require_integer(sentence, "line", place),
      .document = require_string(sentence, "document", place),
      .form =
          optional_string(json, "form", place).value_or(require_string(sentence, "text", place)),
      .labels = {}};
  for (const auto& label : require_array(json, "labels", place)) {
    row.labels.push_back(label_from_json(label, place));
  }
  return row;
}

}  // namespace

Harvest read_harvest(const Path& folder, const std::optional<std::string>& model_sha256) {
  const Path path = folder / HarvestManifest::kFileName;
  if (!std::filesystem::exists(path)) {
    throw FormatError(path.string(), "no such file; the folder holds no harvest that was finished");
  }
  Harvest harvest;
  harvest.folder_ = folder;
  harvest.manifest_ = manifest_from_json(read_json(path, {.max_bytes = kLargestManifest}), path);
  const HarvestWork& work = harvest.manifest_.work;
  if (model_sha256 && *model_sha256 != work.model_sha256) {
    throw FormatError(path.string(),
                      fmt::format("its states are of another model: of {}, whose weights have the "
                                  "SHA-256 {}, not {}",
                                  work.model_name, work.model_sha256, *model_sha256));
  }
  for (const HarvestShard& shard : harvest.manifest_.shards) {
    check_cancellation();
    check_file(folder, shard.states);
    check_file(folder, shard.rows);
  }
  return harvest;
}

std::vector<HarvestedRow> Harvest::read_rows() const {
  std::vector<HarvestedRow> rows;
  for (const HarvestShard& shard : manifest_.shards) {
    const std::size_t before = rows.size();
    JsonLinesReader reader(folder_ / shard.rows.name);
    while (const std::optional<JsonLine> line = reader.next()) {
      const Path place = place_of(reader.path(), line->line);
      for (const auto& row : require_array(line->object, "rows", place)) {
        rows.push_back(row_from(row, line->object, place));
        if (rows.back().labels.size() != manifest_.work.corpus.columns.size()) {
          throw FormatError(place.string(), "has a row of other labels than the manifest");
        }
      }
    }
    if (static_cast<std::int64_t>(rows.size() - before) != shard.counts.rows) {
      throw FormatError(reader.path().string(), "has another number of rows than the manifest");
    }
  }
  return rows;
}

const HarvestSite& Harvest::site_entry(Site site) const {
  const auto& sites = manifest_.work.sites;
  const auto found = std::ranges::find(sites, site, &HarvestSite::site);
  if (found != sites.end()) return *found;
  std::string names;
  for (const HarvestSite& entry : sites) {
    names += (names.empty() ? "" : ", ") + to_string(entry.site);
  }
  throw UsageError(fmt::format("{} was not harvested; there are {}", to_string(site), names));
}

void Harvest::decode(Site site, std::size_t shard, std::span<float> out) const {
  const Path path = folder_ / manifest_.shards[shard].states.name;
  const std::int64_t rows = manifest_.shards[shard].counts.rows, width = site_entry(site).width;
  const Checkpoint checkpoint = read_safetensors(path);
  const StoredTensor& tensor = checkpoint.at(to_string(site));
  if (tensor.shape != Shape{rows, width}) {
    throw FormatError(path.string(), tensor.name,
                      fmt::format("has the shape {} where the manifest says {}",
                                  to_string(tensor.shape), to_string(Shape{rows, width})));
  }
  dequantize(tensor.dtype, tensor.bytes, out);
  const auto bad = std::ranges::find_if(out, [](float value) { return !std::isfinite(value); });
  if (bad != out.end()) {
    throw FormatError(
        path.string(), tensor.name,
        fmt::format("row {} has a state that is not finite", (bad - out.begin()) / width));
  }
}

Tensor Harvest::read_states(Site site) const {
  Tensor states({rows(), site_entry(site).width});
  std::span<float> rest = states.values();
  for (std::size_t s = 0; s < manifest_.shards.size(); ++s) {
    const auto count =
        static_cast<std::size_t>(manifest_.shards[s].counts.rows * site_entry(site).width);
    decode(site, s, rest.first(count));
    rest = rest.subspan(count);
  }
  return states;
}

Tensor Harvest::read_states(Site site, std::size_t shard) const {
  if (shard >= manifest_.shards.size()) throw UsageError("there is no such shard");
  Tensor states({manifest_.shards[shard].counts.rows, site_entry(site).width});
  decode(site, shard, states.values());
  return states;
}

}  // namespace headlens
