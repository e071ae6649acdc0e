#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headlens/hub/hub_client.h"
#include "headlens/hub/hub_layout.h"

namespace headlens {

/// Which file of which repository, and where its blob goes.
struct BlobRequest {
  const HubRepository* cache = nullptr;
  std::string_view repository;
  std::string_view commit;
  RemoteFile file;
};

/// Brings one file into blobs/<etag>, unless it is there, and links the snapshot to it. A broken
/// transfer goes on where it stopped, in this call and in later ones, from blobs/<etag>.incomplete;
/// only bytes with the right checksum are given their name. Holds the blob's lock meanwhile.
/// @return  bytes that came over the network
/// @throws  as pull() does
std::uint64_t download_blob(HubClient& client, const BlobRequest& request,
                            const PullOptions& options);

}  // namespace headlens
