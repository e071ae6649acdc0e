#include "headlens/interventions/step_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "headlens/base/errors.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {
namespace {

const std::vector<double> kNumbers{1.0 / 3, -0.0, 5e-324, 1.7976931348623157e308, 2};

class StepLogs : public testing::Test {
 protected:
  static std::vector<double> not_again() { throw std::logic_error("computed twice"); }
  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory folder_;
  std::filesystem::path path_ = folder_.path() / "steps.jsonl";
  nlohmann::ordered_json work_{{"study", "test"}};
};

TEST_F(StepLogs, ReadBackToTheLastBit) {
  StepLog(path_, work_).step([] { return kNumbers; });
  const std::vector<double> read = StepLog(path_, work_).step(not_again);
  ASSERT_EQ(read.size(), kNumbers.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i], kNumbers[i]);
    EXPECT_EQ(std::signbit(read[i]), std::signbit(kNumbers[i]));
  }
}

TEST_F(StepLogs, WhatIsNotFiniteIsNoNumber) {
  StepLog(path_, work_).step([] { return std::vector<double>{NAN, INFINITY, 1}; });
  const std::vector<double> read = StepLog(path_, work_).step(not_again);
  EXPECT_TRUE(std::isnan(read[0]) && std::isnan(read[1]));
  EXPECT_EQ(read[2], 1);
}

TEST_F(StepLogs, GoOnWhereTheyStopped) {
  {
    StepLog log(path_, work_);
    log.step([] { return kNumbers; });
    EXPECT_THROW(log.step(not_again), std::logic_error);
  }
  const std::string half = text();
  StepLog log(path_, work_);
  log.step(not_again);
  EXPECT_EQ(log.step([] { return std::vector<double>{7}; }), std::vector<double>{7});
  EXPECT_EQ(text(), half + "[7.0]\n");
}

TEST_F(StepLogs, ALineThatWasCutOffIsDoneAgain) {
  StepLog(path_, work_).step([] { return kNumbers; });
  const std::string whole = text();
  std::filesystem::resize_file(path_, whole.size() - 3);
  StepLog(path_, work_).step([] { return kNumbers; });
  EXPECT_EQ(text(), whole);
}

TEST_F(StepLogs, RefuseAnotherWorksFileAndWhatIsNoNumber) {
  StepLog(path_, work_).step([] { return kNumbers; });
  EXPECT_THROW(StepLog(path_, {{"study", "other"}}), UsageError);
  std::ofstream(path_, std::ios::app) << "[\"x\"]\n";
  StepLog log(path_, work_);
  log.step(not_again);
  EXPECT_THROW(log.step(not_again), FormatError);
}

TEST_F(StepLogs, WithoutAFileEverythingIsComputed) {
  StepLog log({}, work_);
  EXPECT_EQ(log.step([] { return kNumbers; }), kNumbers);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace headlens
