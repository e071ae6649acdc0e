#include "headlens/base/cancellation.h"

#include <gtest/gtest.h>

#include <csignal>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

class Cancellation : public testing::Test {
 protected:
  void SetUp() override { clear_cancellation(); }
  void TearDown() override { clear_cancellation(); }
};

TEST_F(Cancellation, NothingHappensUnlessAsked) {
  EXPECT_FALSE(cancellation_requested());
  EXPECT_NO_THROW(check_cancellation());
}

TEST_F(Cancellation, StaysAskedUntilCleared) {
  request_cancellation();
  EXPECT_TRUE(cancellation_requested());
  EXPECT_THROW(check_cancellation(), CancelledError);
  EXPECT_THROW(check_cancellation(), CancelledError);
  clear_cancellation();
  EXPECT_NO_THROW(check_cancellation());
}

TEST_F(Cancellation, MayBeAskedByASignalHandler) {
  const auto before = std::signal(SIGUSR1, [](int) { request_cancellation(); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);
  EXPECT_THROW(check_cancellation(), CancelledError);
}

}  // namespace
}  // namespace headlens
