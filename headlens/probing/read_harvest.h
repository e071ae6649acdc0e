#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "headlens/probing/harvest_manifest.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What a row of a harvest belongs to.
struct HarvestedRow {
  std::int64_t sentence = 0;  ///< in the corpus, from 0; rows of one sentence follow one another
  std::int64_t line = 0;      ///< of the sentence in the file
  std::string document = {};  ///< empty where the corpus has none
  std::string form = {};      ///< the word, span or token; of sentences the text
  std::vector<Label> labels = {};  ///< one a column
};

/// A harvest that is complete.
class Harvest {
 public:
  const HarvestManifest& manifest() const { return manifest_; }
  std::int64_t rows() const { return manifest_.counts.rows; }

  /// What all rows belong to, in order.
  /// @throws FormatError  if a file is damaged
  std::vector<HarvestedRow> read_rows() const;

  /// Of one site, [row, width], all shards together.
  /// @throws UsageError   if the site was not harvested; names those that were
  /// @throws FormatError  if a file is damaged, or a state is not finite; names shard and row
  Tensor read_states(Site site) const;

  /// Of one shard, for harvests larger than memory.
  Tensor read_states(Site site, std::size_t shard) const;

 private:
  friend Harvest read_harvest(const std::filesystem::path& folder,
                              const std::optional<std::string>& model_sha256);
  void decode(Site site, std::size_t shard, std::span<float> out) const;
  const HarvestSite& site_entry(Site site) const;

  std::filesystem::path folder_;
  HarvestManifest manifest_;
};

/// Opens a harvest and holds every file against its size and SHA-256.
/// @param model_sha256  of the model that its states must be of; absent: of any
/// @throws FormatError  if there is no manifest (the harvest was not finished), it is of another
///                      model, or a shard is missing, truncated or changed
Harvest read_harvest(const std::filesystem::path& folder,
                     const std::optional<std::string>& model_sha256 = {});

}  // namespace headlens
