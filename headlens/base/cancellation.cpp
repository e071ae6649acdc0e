#include "headlens/base/cancellation.h"

#include <atomic>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void request_cancellation() noexcept { requested.store(true, std::memory_order_relaxed); }
void clear_cancellation() noexcept { requested.store(false, std::memory_order_relaxed); }
bool cancellation_requested() noexcept { return requested.load(std::memory_order_relaxed); }

void check_cancellation() {
  if (cancellation_requested()) throw CancelledError();
}

}  // namespace headlens
