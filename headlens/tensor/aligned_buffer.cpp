#include "headlens/tensor/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

bool wants_huge_pages(std::size_t bytes) { return bytes >= kHugePage; }

#ifdef HEADLENS_SANITIZED
constexpr bool kRetains = false;  // so that a use after free is seen
#else
constexpr bool kRetains = true;
#endif

/// Freed pieces by size. Never destroyed: buffers of static objects are freed after main().
class RetainedMemory {
 public:
  static RetainedMemory& instance() {
    static RetainedMemory* const retained = new RetainedMemory;
    return *retained;
  }

  /// Null if there is no piece of that size.
  void* take(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    const auto found = pieces_.find(bytes);
    if (found == pieces_.end()) return nullptr;
    void* memory = found->second;
    pieces_.erase(found);
    total_ -= bytes;
    return memory;
  }

  bool keep(void* memory, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    if (total_ + bytes > kRetainedBytes) return false;
    pieces_.emplace(bytes, memory);
    total_ += bytes;
    return true;
  }

  void release() {
    const std::scoped_lock lock(mutex_);
    for (const auto& [bytes, memory] : pieces_) std::free(memory);
    pieces_.clear();
    total_ = 0;
  }

 private:
  std::mutex mutex_;
  std::multimap<std::size_t, void*> pieces_;
  std::size_t total_ = 0;
};

/// Pieces worth keeping.
bool is_retained(std::size_t bytes) { return kRetains && bytes >= kHugePage / 2; }

std::size_t allocated_bytes(std::size_t bytes) {
  return round_up(bytes, wants_huge_pages(bytes) ? kHugePage : kCacheLine);
}

}  // namespace

void* allocate_aligned(std::size_t count, std::size_t element_bytes) {
  if (count == 0) return nullptr;
  if (count > (std::numeric_limits<std::size_t>::max() - kHugePage) / element_bytes) {
    throw ResourceError("cannot allocate " + std::to_string(count) + " times " +
                        std::to_string(element_bytes) + " bytes");
  }
  const std::size_t bytes = allocated_bytes(count * element_bytes);
  if (is_retained(bytes)) {
    if (void* memory = RetainedMemory::instance().take(bytes)) return memory;
  }
  const std::size_t alignment = wants_huge_pages(bytes) ? kHugePage : kCacheLine;
  void* memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) {
    release_retained_memory();
    memory = std::aligned_alloc(alignment, bytes);
  }
  if (memory == nullptr) {
    throw ResourceError("out of memory: " + std::to_string(bytes >> 20) + " MiB asked for");
  }
  // Not the rounded size: a huge page would make the unused tail resident too.
  if (wants_huge_pages(bytes)) ::madvise(memory, count * element_bytes, MADV_HUGEPAGE);
  return memory;
}

void free_aligned(void* memory, std::size_t count, std::size_t element_bytes) noexcept {
  if (memory == nullptr) return;
  const std::size_t bytes = allocated_bytes(count * element_bytes);
  if (is_retained(bytes) && RetainedMemory::instance().keep(memory, bytes)) return;
  std::free(memory);
}

void release_retained_memory() noexcept { RetainedMemory::instance().release(); }

}  // namespace headlens
