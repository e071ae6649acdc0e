#include "headlens/base/team.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

// Spinning for about this many pauses (some tens of microseconds) covers the gaps between two teams
// one forward pass; past it a thread sleeps or yields.
constexpr int kSpins = 2000;

void pause_briefly() { __builtin_ia32_pause(); }

struct TeamAborted : Error {
  TeamAborted() : Error("another thread of the team stopped") {}
};

thread_local bool inside_team = false;

}  // namespace

class TeamState {
 public:
  TeamState(int lanes, const std::function<void(Lane&)>& body) : lanes_(lanes), body_(body) {}

  void run_lane(int index) {
    inside_team = true;
    Lane lane(index, lanes_, this);
    try {
      body_(lane);
    } catch (const TeamAborted&) {
    } catch (...) {
      const std::scoped_lock lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
      aborted_.store(true, std::memory_order_release);
    }
    inside_team = false;
    finished_.fetch_add(1, std::memory_order_acq_rel);
  }

  void barrier() {
    const unsigned generation = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == lanes_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      next_.store(0, std::memory_order_relaxed);
      generation_.store(generation + 1, std::memory_order_release);
    }
    for (int spin = 0; generation_.load(std::memory_order_acquire) == generation; ++spin) {
      if (aborted_.load(std::memory_order_acquire)) throw TeamAborted();
      spin < kSpins ? pause_briefly() : std::this_thread::yield();
    }
  }

  std::ptrdiff_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

  void wait_until_finished() {
    for (int spin = 0; finished_.load(std::memory_order_acquire) != lanes_; ++spin) {
      spin < kSpins ? pause_briefly() : std::this_thread::yield();
    }
  }

  void rethrow_error() {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const int lanes_;
  const std::function<void(Lane&)>& body_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> generation_{0};
  std::atomic<std::ptrdiff_t> next_{0};
  std::atomic<int> finished_{0};
  std::atomic<bool> aborted_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

namespace {

/// Threads that sleep between teams. One team at a time.
class WorkerPool {
 public:
  static WorkerPool& instance() {
    static WorkerPool pool;
    return pool;
  }

  ~WorkerPool() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }

  void run(int lanes, const std::function<void(Lane&)>& body) {
    const std::scoped_lock one_team_at_a_time(team_mutex_);
    TeamState state(lanes, body);
    {
      const std::scoped_lock lock(mutex_);
      while (static_cast<int>(threads_.size()) < lanes - 1) {
        const int index = static_cast<int>(threads_.size()) + 1;
        const unsigned seen = ticket_.load(std::memory_order_relaxed);
        threads_.emplace_back([this, index, seen] { work(index, seen); });
      }
      state_ = &state;
      team_lanes_ = lanes;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    state.run_lane(0);
    state.wait_until_finished();
    {
      const std::scoped_lock lock(mutex_);
      state_ = nullptr;
    }
    state.rethrow_error();
  }

 private:
  void work(int index, unsigned seen) {
    while (true) {
      for (int spin = 0; spin < kSpins && ticket_.load(std::memory_order_acquire) == seen; ++spin) {
        pause_briefly();
      }
      TeamState* state = nullptr;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ticket_.load(std::memory_order_relaxed) != seen; });
        seen = ticket_.load(std::memory_order_relaxed);
        if (stopping_) return;
        if (state_ != nullptr && index < team_lanes_) state = state_;
      }
      if (state != nullptr) state->run_lane(index);
    }
  }

  std::mutex team_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<unsigned> ticket_{0};
  TeamState* state_ = nullptr;
  int team_lanes_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace

void Lane::barrier() {
  if (size_ > 1) state_->barrier();
}

Range Lane::share(std::ptrdiff_t n, std::ptrdiff_t grain) const {
  const std::ptrdiff_t grains = (n + grain - 1) / grain;
  const auto edge = [&](std::ptrdiff_t i) { return std::min(n, grains * i / size_ * grain); };
  return {edge(index_), edge(index_ + 1)};
}

void Lane::for_each_dynamic(std::ptrdiff_t n, const std::function<void(std::ptrdiff_t)>& body) {
  if (size_ == 1) {
    for (std::ptrdiff_t i = 0; i < n; ++i) body(i);
    return;
  }
  for (std::ptrdiff_t i = state_->next(); i < n; i = state_->next()) body(i);
}

void run_team(int lanes, const std::function<void(Lane&)>& body) {
  if (inside_team || lanes <= 1) {
    Lane lane(0, 1, nullptr);
    body(lane);
    return;
  }
  WorkerPool::instance().run(lanes, body);
}

void parallel_for(std::ptrdiff_t n, const std::function<void(std::ptrdiff_t)>& body) {
  const int lanes = static_cast<int>(std::min<std::ptrdiff_t>(thread_count(), n));
  run_team(lanes, [&](Lane& lane) { lane.for_each_dynamic(n, body); });
}

int thread_count() {
  static const int count = [] {
    if (const char* text = std::getenv("HEADLENS_THREADS")) {
      if (const int asked = std::atoi(text); asked > 0) return asked;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return std::max(1, allowed);
  }();
  return count;
}

}  // namespace headlens
