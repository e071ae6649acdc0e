#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "headlens/base/sha256.h"

namespace headlens {

/// Writes a file that appears under its name only when it is whole: bytes go to a temporary name in
/// the same folder, and commit() renames. Destroyed without commit(), it removes the temporary.
class AtomicFile {
 public:
  /// @param hash  if not null, is updated with all that is written; must outlive the writing
  /// @throws ResourceError  if the folder is missing or not writable
  explicit AtomicFile(const std::filesystem::path& path, Sha256* hash = nullptr);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// @throws ResourceError  if the disk is full or the write fails
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// Flushes and renames over `path`. Nothing may be written after it.
  /// @throws ResourceError  if flushing or renaming fails
  void commit();

  /// The temporary name, for libraries that write files themselves; call commit() afterwards.
  const std::filesystem::path& temporary_path() const { return temporary_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Sha256* hash_;
  int fd_ = -1;
};

/// Writes `text` to `path` through an AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view text);

/// Makes `folder` and its parents.
/// @return the folders it made, outermost first
/// @throws ResourceError  if that is not possible, or if the folder cannot be written to
std::vector<std::filesystem::path> make_writable_folder(const std::filesystem::path& folder);

}  // namespace headlens
