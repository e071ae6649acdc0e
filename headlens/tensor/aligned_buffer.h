#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace headlens {

/// Memory aligned for vector loads; large buffers ask the kernel for huge pages, which makes first
/// touch several times cheaper. Contents are not set.
/// @throws ResourceError  if the memory is not there, or the sizes' product does not fit
void* allocate_aligned(std::size_t count, std::size_t element_bytes);

/// Frees what allocate_aligned() gave for the same sizes. Large pieces, up to kRetainedBytes in
/// all, are kept for the next allocation of their size: fresh memory is several times dearer to
/// touch than memory in use, and runs ask for the same sizes again and again.
void free_aligned(void* memory, std::size_t count, std::size_t element_bytes) noexcept;

inline constexpr std::size_t kRetainedBytes = std::size_t{3} << 29;

/// Gives the kept pieces back to the system.
void release_retained_memory() noexcept;

/// An owned, uninitialised array of trivial T. Movable, not copyable.
template <typename T>
requires std::is_trivially_copyable_v<T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::int64_t size)
      : data_(static_cast<T*>(allocate_aligned(static_cast<std::size_t>(size), sizeof(T)))),
        size_(size) {}
  ~AlignedBuffer() { free_aligned(data_, static_cast<std::size_t>(size_), sizeof(T)); }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::int64_t size() const { return size_; }
  T& operator[](std::int64_t i) { return data_[i]; }
  const T& operator[](std::int64_t i) const { return data_[i]; }

  /// Grows to at least `size` elements; contents are lost when it grows.
  void reserve(std::int64_t size) {
    if (size > size_) *this = AlignedBuffer(size);
  }

 private:
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

}  // namespace headlens
