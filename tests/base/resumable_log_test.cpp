#include "headlens/base/resumable_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

class ResumableLogs : public testing::Test {
 protected:
  ResumableLogs() : folder_(testing::TempDir() + "resumable_log_test") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ResumableLogs() override { std::filesystem::remove_all(folder_); }

  std::string text() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path() const { return folder_ / "log"; }

  std::filesystem::path folder_;
};

TEST_F(ResumableLogs, KeepLinesInOrder) {
  {
    ResumableLog log(path(), "work");
    EXPECT_TRUE(log.lines().empty());
    log.append("one");
    log.append("two");
  }
  ResumableLog log(path(), "work");
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"one", "two"}));
  log.append("three");
  EXPECT_EQ(text(), "work\none\ntwo\nthree\n");
}

/// Whatever moment a writer is killed at, what it had not finished is gone and nothing else.
TEST_F(ResumableLogs, TakeBackALineThatWasCutOff) {
  { ResumableLog(path(), "work").append("one"); }
  const std::string whole = text();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path(), std::ios::binary) << whole.substr(0, size);
    ResumableLog log(path(), "work");
    EXPECT_TRUE(log.lines().empty()) << size;
    log.append("one");
    EXPECT_EQ(text(), whole) << size;
  }
}

TEST_F(ResumableLogs, RefuseAnotherWorksFile) {
  { ResumableLog(path(), "work").append("one"); }
  const std::string before = text();
  EXPECT_THROW(ResumableLog(path(), "other work"), UsageError);
  EXPECT_EQ(text(), before);
}

TEST_F(ResumableLogs, SayWhereTheyCannotWrite) {
  EXPECT_THROW(ResumableLog(folder_ / "none" / "log", "work"), ResourceError);
}

}  // namespace
}  // namespace headlens
