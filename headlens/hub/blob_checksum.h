#pragma once

#include <filesystem>
#include <string_view>

namespace headlens {

/// True if a hub's etag is a checksum that blob_matches can verify.
bool is_checksum(std::string_view etag);

/// True if the file's bytes have the checksum that the hub names it by: the SHA-256 of a large file
/// (64 digits), or the SHA-1 that git gives a blob (40 digits).
bool blob_matches(const std::filesystem::path& file, std::string_view etag);

}  // namespace headlens
