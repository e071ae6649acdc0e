#include "headlens/base/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace headlens {
namespace {

class TeamOf : public testing::TestWithParam<int> {};

TEST_P(TeamOf, RunsEveryLaneOnce) {
  const int n = GetParam();
  std::vector<std::atomic<int>> runs(n);
  run_team(n, [&](Lane& lane) {
    EXPECT_EQ(lane.size(), n);
    ++runs[lane.index()];
  });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST_P(TeamOf, BarrierMakesEveryLanesWritesVisible) {
  const int n = GetParam();
  constexpr int kRounds = 400;
  std::vector<std::int64_t> sums(n, 0), next(n);
  std::atomic<int> wrong{0};
  run_team(n, [&](Lane& lane) {
    for (int round = 1; round <= kRounds; ++round) {
      sums[lane.index()] += round;
      lane.barrier();
      // Each lane checks all the others between two barriers: a lane that ran ahead or fell behind
      // would show another sum.
      const std::int64_t expected = std::int64_t{round} * (round + 1) / 2;
      for (const std::int64_t sum : sums) wrong += sum != expected;
      lane.barrier();
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST_P(TeamOf, DynamicLoopHandsOutEachIndexOnceLoopAfterLoop) {
  const int n = GetParam();
  for (const std::ptrdiff_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> first(count), second(count);
    run_team(n, [&](Lane& lane) {
      for (int repeat = 0; repeat < 3; ++repeat) {
        lane.for_each_dynamic(count, [&](std::ptrdiff_t i) { ++first[i]; });
        lane.barrier();
        lane.for_each_dynamic(count, [&](std::ptrdiff_t i) { ++second[i]; });
        lane.barrier();
      }
    });
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      ASSERT_EQ(first[i], 3) << i;
      ASSERT_EQ(second[i], 3) << i;
    }
  }
}

TEST_P(TeamOf, SharesAreAPartition) {
  const int n = GetParam();
  for (const std::ptrdiff_t total : {0, 1, 5, 63, 64, 65, 1000}) {
    for (const std::ptrdiff_t grain : {1, 3, 32, 64}) {
      std::ptrdiff_t end = 0, largest = 0, smallest = total;
      for (int i = 0; i < n; ++i) {
        const Range range = Lane(i, n, nullptr).share(total, grain);
        ASSERT_EQ(range.begin, end);
        ASSERT_GE(range.size(), 0);
        ASSERT_TRUE(range.end % grain == 0 || range.end == total);
        end = range.end;
        largest = std::max(largest, range.size());
        smallest = std::min(smallest, range.size());
      }
      ASSERT_EQ(end, total) << "grain " << grain;
      ASSERT_LE(largest - smallest, 2 * grain) << total << " over " << n << " by " << grain;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Lanes, TeamOf, testing::Values(1, 2, 3, 7));

TEST(Team, InsideATeamRunsAlone) {
  std::atomic<int> inner{0}, sizes{0};
  run_team(3, [&](Lane&) {
    run_team(4, [&](Lane& lane) {
      ++inner;
      sizes += lane.size();
      lane.barrier();
      lane.for_each_dynamic(5, [&](std::ptrdiff_t) { sizes += 10; });
    });
  });
  EXPECT_EQ(inner, 3);
  EXPECT_EQ(sizes, 3 * (1 + 50));
}

TEST(Team, SizesMayChangeFromCallToCall) {
  for (int round = 0; round < 300; ++round) {
    const int n = 1 + round * 7 % 5;
    std::atomic<int> runs{0};
    run_team(n, [&](Lane& lane) {
      ++runs;
      lane.barrier();
    });
    ASSERT_EQ(runs, n);
  }
}

TEST(Team, CallersOnSeveralThreadsTakeTurns) {
  std::atomic<int> running{0}, overlaps{0}, total{0};
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        run_team(2, [&](Lane& lane) {
          if (lane.index() == 0 && running.fetch_add(1) != 0) ++overlaps;
          lane.barrier();
          ++total;
          lane.barrier();
          if (lane.index() == 0) --running;
        });
      }
    });
  }
  callers.clear();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(total, 4 * 50 * 2);
}

TEST(Team, ParallelForCallsEachIndexOnce) {
  for (const std::ptrdiff_t n : {0, 1, 7, 5000}) {
    std::vector<std::atomic<int>> calls(n);
    parallel_for(n, [&](std::ptrdiff_t i) { ++calls[i]; });
    for (std::ptrdiff_t i = 0; i < n; ++i) ASSERT_EQ(calls[i], 1) << i;
  }
}

TEST(Team, ThereIsAThread) { EXPECT_GE(thread_count(), 1); }

}  // namespace
}  // namespace headlens
