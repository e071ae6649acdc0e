#include "headlens/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "headlens/base/errors.h"
#include "tests/base/without_root.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class AtomicFileTest : public testing::Test {
 protected:
  std::filesystem::path target() const { return folder_.path() / "result.json"; }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      found.push_back(entry.path().filename());
    }
    return found;
  }

  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory folder_;
};

/// Files may not grow past `bytes` while this lives: what a full disk looks like to write().
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ignored_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, ignored_);
  }

 private:
  rlimit before_{};
  void (*ignored_)(int) = nullptr;
};

TEST_F(AtomicFileTest, AppearsOnlyWhenCommitted) {
  AtomicFile file(target());
  file.write("half");
  EXPECT_FALSE(std::filesystem::exists(target()));
  EXPECT_EQ(file.temporary_path().parent_path(), folder_.path());
  file.write(" whole");
  file.commit();
  EXPECT_EQ(read(target()), "half whole");
  EXPECT_THAT(names(), testing::ElementsAre("result.json"));
}

TEST_F(AtomicFileTest, LeavesNothingUncommitted) {
  { AtomicFile(target()).write("half"); }
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(AtomicFileTest, UncommittedKeepsWhatWasThere) {
  folder_.write("result.json", "old");
  { AtomicFile(target()).write("half"); }
  EXPECT_EQ(read(target()), "old");
  write_file(target(), "new");
  EXPECT_EQ(read(target()), "new");
  EXPECT_THAT(names(), testing::ElementsAre("result.json"));
}

TEST_F(AtomicFileTest, TwoWritersDoNotMix) {
  AtomicFile first(target()), second(target());
  first.write("first");
  second.write("second");
  first.commit();
  second.commit();
  EXPECT_EQ(read(target()), "second");
  EXPECT_THAT(names(), testing::ElementsAre("result.json"));
}

TEST_F(AtomicFileTest, HasOrdinaryPermissions) {
  const mode_t mask = ::umask(027);
  write_file(target(), "x");
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(target().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(AtomicFileTest, MissingFolderIsNamed) {
  const auto path = folder_.path() / "nowhere" / "result.json";
  EXPECT_THAT([&] { AtomicFile file(path); }, ThrowsMessage<ResourceError>(testing::AllOf(
                                                  HasSubstr(path.string()), HasSubstr("No such"))));
}

TEST_F(AtomicFileTest, CannotReplaceAFolder) {
  std::filesystem::create_directory(target());
  AtomicFile file(target());
  file.write("x");
  EXPECT_THROW(file.commit(), ResourceError);
  EXPECT_THAT(names(), testing::ElementsAre("result.json"));
}

TEST_F(AtomicFileTest, FullDiskIsAResourceErrorAndLeavesNoPart) {
  const std::string text(100000, 'x');
  {
    const FileSizeLimit limit(4096);
    EXPECT_THAT([&] { write_file(target(), text); },
                ThrowsMessage<ResourceError>(HasSubstr(target().string() + ": cannot be written")));
  }
  EXPECT_THAT(names(), testing::IsEmpty());
  write_file(target(), text);
  EXPECT_EQ(read(target()), text);
}

TEST_F(AtomicFileTest, UnwritableFolderIsRefused) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  {
    const WithoutRoot ordinary;
    ASSERT_TRUE(ordinary.holds());
    EXPECT_THROW(AtomicFile{target()}, ResourceError);
    EXPECT_THROW(make_writable_folder(folder_.path()), ResourceError);
  }
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
  EXPECT_THAT(names(), testing::IsEmpty());
}

TEST_F(AtomicFileTest, MakesFoldersWithTheirParents) {
  const auto deep = folder_.path() / "a" / "b" / "c";
  EXPECT_THAT(make_writable_folder(deep),
              testing::ElementsAre(deep.parent_path().parent_path(), deep.parent_path(), deep));
  EXPECT_THAT(make_writable_folder(deep), testing::IsEmpty());
  EXPECT_TRUE(std::filesystem::is_directory(deep));
}

TEST_F(AtomicFileTest, NoFolderBeneathAFile) {
  folder_.write("plain", "x");
  EXPECT_THAT([&] { make_writable_folder(folder_.path() / "plain" / "sub"); },
              ThrowsMessage<ResourceError>(HasSubstr("cannot be made a folder")));
}

}  // namespace
}  // namespace headlens
