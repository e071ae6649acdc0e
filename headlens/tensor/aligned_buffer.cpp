#include "headlens/tensor/aligned_buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <limits>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{1} << 21;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

bool wants_huge_pages(std::size_t bytes) { return bytes >= kHugePage; }

}  // namespace

void* allocate_aligned(std::size_t count, std::size_t element_bytes) {
  if (count == 0) return nullptr;
  if (count > (std::numeric_limits<std::size_t>::max() - kHugePage) / element_bytes) {
    throw ResourceError("cannot allocate " + std::to_string(count) + " times " +
                        std::to_string(element_bytes) + " bytes");
  }
  const std::size_t bytes = count * element_bytes;
  const std::size_t alignment = wants_huge_pages(bytes) ? kHugePage : kCacheLine;
  void* memory = std::aligned_alloc(alignment, round_up(bytes, alignment));
  if (memory == nullptr) {
    throw ResourceError("out of memory: " + std::to_string(bytes >> 20) + " MiB asked for");
  }
  if (wants_huge_pages(bytes)) ::madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

}  // namespace headlens
