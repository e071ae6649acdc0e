#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace headlens {

/// A whole file mapped read-only into memory. Owns the mapping; views into `bytes()` live as long
/// as this object. Movable, not copyable.
class MappedFile {
 public:
  /// @throws FormatError  if the file is missing or is not a regular file
  /// @throws ResourceError  if it cannot be opened or mapped
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Lets the kernel drop the resident pages of this mapping; a later read brings them back.
  void release_pages() const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace headlens
