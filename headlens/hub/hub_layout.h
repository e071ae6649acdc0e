#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headlens {

/// One repository in the hub's cache, laid out as huggingface_hub does it:
///   models--owner--name/refs/<revision>            text: the commit
///                       blobs/<etag>               the files' bytes, named by their checksum
///                       snapshots/<commit>/<file>  relative symbolic links into blobs/
class HubRepository {
 public:
  /// @param repository  must be a repository id (see is_repository_id)
  HubRepository(std::filesystem::path cache, std::string_view repository);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path blob(std::string_view etag) const { return folder_ / "blobs" / etag; }
  std::filesystem::path snapshot(std::string_view commit) const {
    return folder_ / "snapshots" / commit;
  }
  /// The lock that huggingface_hub takes too while it brings a blob.
  std::filesystem::path blob_lock(std::string_view etag) const;

  /// The commit that `revision` (branch, tag or commit) stands for here, if its snapshot is here.
  std::optional<std::string> commit_of(std::string_view revision) const;

  /// Makes snapshots/<commit>/<file> a relative link to the blob, in one step.
  /// @throws ResourceError  if that fails
  void link_blob(std::string_view commit, std::string_view file, std::string_view etag) const;

  /// Writes refs/<revision>. Nothing is written for a revision that is the commit itself.
  /// @throws ResourceError  if that fails
  void write_ref(std::string_view revision, std::string_view commit) const;

 private:
  std::filesystem::path cache_;
  std::filesystem::path folder_;
};

/// The repositories that have a folder in this cache, by name.
std::vector<std::string> cached_repositories(const std::filesystem::path& cache);

/// True if `text` is `length` lower-case hexadecimal digits.
bool is_hex(std::string_view text, std::size_t length);

}  // namespace headlens
