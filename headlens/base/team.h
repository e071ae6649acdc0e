#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace headlens {

/// A half-open range of indices.
struct Range {
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = 0;
  std::ptrdiff_t size() const { return end - begin; }
};

class TeamState;

/// One thread's place in a team whose threads all run the same function ("single program, multiple
/// data"). Work is divided by lane index; barrier() makes every lane's writes visible to the
/// others.
class Lane {
 public:
  Lane(int index, int size, TeamState* state) : index_(index), size_(size), state_(state) {}

  int index() const { return index_; }
  int size() const { return size_; }

  /// Waits for all lanes of the team.
  /// @throws Error  if another lane left by an exception, so that no lane waits for it forever
  void barrier();

  /// This lane's contiguous part of [0, n), in multiples of `grain` (the last part takes the rest).
  Range share(std::ptrdiff_t n, std::ptrdiff_t grain = 1) const;

  /// Hands out indices 0..n-1 one at a time, each to exactly one lane. All lanes call it with the
  /// same n, and a barrier must lie between two such loops.
  void for_each_dynamic(std::ptrdiff_t n, const std::function<void(std::ptrdiff_t)>& body);

 private:
  int index_;
  int size_;
  TeamState* state_;
};

/// Runs `body` once on each of `lanes` threads (the caller's is lane 0) and returns when all are
/// done. The threads are kept for the next call. Called from inside a team, it runs `body` alone.
/// The first exception that a lane throws is rethrown here.
void run_team(int lanes, const std::function<void(Lane&)>& body);

/// Calls body(i) for every i in [0, n) on up to thread_count() threads, in no particular order.
void parallel_for(std::ptrdiff_t n, const std::function<void(std::ptrdiff_t)>& body);

/// Threads that work is spread over: HEADLENS_THREADS if set, else the processors this process may
/// run on.
int thread_count();

}  // namespace headlens
