#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

using testing::ThrowsMessage;

void team_still_works() {
  std::atomic<int> runs{0};
  run_team(3, [&](Lane& lane) {
    lane.barrier();
    ++runs;
  });
  EXPECT_EQ(runs, 3);
}

class LaneThatThrows : public testing::TestWithParam<int> {};

TEST_P(LaneThatThrows, IsRethrownWhileTheOthersWaitAtABarrier) {
  std::atomic<int> past{0};
  EXPECT_THAT(
      [&] {
        run_team(3, [&](Lane& lane) {
          lane.barrier();
          if (lane.index() == GetParam()) throw UsageError("from one lane");
          lane.barrier();
          ++past;
        });
      },
      ThrowsMessage<UsageError>("from one lane"));
  EXPECT_EQ(past, 0);
  team_still_works();
}

TEST_P(LaneThatThrows, NeedNotThrowAnErrorOfOurs) {
  EXPECT_THROW(run_team(3,
                        [&](Lane& lane) {
                          if (lane.index() == GetParam()) throw 42;
                          lane.barrier();
                        }),
               int);
  team_still_works();
}

TEST_P(LaneThatThrows, EndsADynamicLoop) {
  std::atomic<int> done{0};
  EXPECT_THROW(run_team(3,
                        [&](Lane& lane) {
                          lane.for_each_dynamic(1000, [&](std::ptrdiff_t i) {
                            if (i == 500) throw ResourceError("no room");
                            ++done;
                          });
                        }),
               ResourceError);
  EXPECT_EQ(done, 999);
  team_still_works();
}

INSTANTIATE_TEST_SUITE_P(EachLane, LaneThatThrows, testing::Values(0, 1, 2));

TEST(TeamFailure, AllLanesMayThrow) {
  for (int round = 0; round < 100; ++round) {
    EXPECT_THROW(run_team(3, [](Lane&) { throw ShapeError("op", "a", "b"); }), ShapeError);
  }
  team_still_works();
}

TEST(TeamFailure, OneLaneAloneThrows) {
  EXPECT_THROW(run_team(1, [](Lane&) { throw UsageError("x"); }), UsageError);
  team_still_works();
}

TEST(TeamFailure, ParallelForRethrows) {
  EXPECT_THROW(parallel_for(100,
                            [](std::ptrdiff_t i) {
                              if (i == 3) throw FormatError("file", "bad");
                            }),
               FormatError);
  team_still_works();
}

}  // namespace
}  // namespace headlens
