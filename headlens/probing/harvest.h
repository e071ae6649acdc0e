#pragma once

#include <filesystem>

#include "headlens/probing/harvest_manifest.h"
#include "headlens/probing/labelled_corpus.h"
#include "headlens/run/session.h"

namespace headlens {

/// Hidden states of a corpus as files of a folder: shards of states and of what they belong to
/// (harvest_shard.h), and, when all is done, manifest.json. A log of finished shards lies beside
/// them: killed at any moment and begun again with the same corpus and options, the work goes on
/// after the last whole shard and ends with the same bytes. Memory is bounded by a shard.
/// @param corpus  at its beginning
/// @param folder  exists
/// @throws UsageError     if the folder holds other work, there is nothing to harvest, a site does
///                        not exist, or pooling and unit do not fit
/// @throws FormatError    naming the line, for data that are not what they should be and sentences
///                        and words that the model cannot take; what was done is kept
/// @throws CancelledError, ResourceError
HarvestManifest harvest(Session& session, LabelledCorpus& corpus, const HarvestOptions& options,
                        const std::filesystem::path& folder);

}  // namespace headlens
