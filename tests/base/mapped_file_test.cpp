#include "headlens/base/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "headlens/base/errors.h"
#include "tests/base/without_root.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

class MappedFileTest : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view name, std::string_view text) const {
    folder_.write(name, text);
    return folder_.path() / name;
  }
  TemporaryDirectory folder_;
};

TEST_F(MappedFileTest, HoldsTheFilesBytes) {
  const std::string text = std::string("a\0b", 3) + std::string(10000, 'x') + "end";
  const MappedFile file(write("data", text));
  EXPECT_EQ(text_of(file), text);
  EXPECT_EQ(file.path(), folder_.path() / "data");
}

TEST_F(MappedFileTest, EmptyFileHasNoBytes) {
  EXPECT_EQ(MappedFile(write("empty", "")).bytes().size(), 0u);
}

TEST_F(MappedFileTest, MissingFilesAreNamed) {
  const auto path = folder_.path() / "nowhere" / "model.gguf";
  EXPECT_THAT([&] { MappedFile file(path); },
              ThrowsMessage<FormatError>(path.string() + ": no such file"));
  const auto beneath_a_file = write("plain", "x") / "inside";
  EXPECT_THROW(MappedFile{beneath_a_file}, FormatError);
}

TEST_F(MappedFileTest, FoldersAreRefused) {
  EXPECT_THAT([&] { MappedFile file(folder_.path()); },
              ThrowsMessage<FormatError>(HasSubstr("not a regular file")));
}

TEST_F(MappedFileTest, NamedPipesAreRefusedWithoutWaitingForAWriter) {
  const auto pipe = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT([&] { MappedFile file(pipe); },
              ThrowsMessage<FormatError>(HasSubstr("not a regular file")));
}

TEST_F(MappedFileTest, UnreadableFilesAreAMatterOfPermission) {
  const auto path = write("secret", "x");
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const WithoutRoot ordinary;
  ASSERT_TRUE(ordinary.holds());
  EXPECT_THAT([&] { MappedFile file(path); },
              ThrowsMessage<ResourceError>(HasSubstr("Permission denied")));
}

TEST_F(MappedFileTest, LoopsOfLinksEnd) {
  const auto link = folder_.path() / "loop";
  std::filesystem::create_symlink(link, link);
  EXPECT_THROW(MappedFile{link}, ResourceError);
}

TEST_F(MappedFileTest, MovesKeepTheMapping) {
  MappedFile first(write("first", "one"));
  MappedFile second(write("second", "two"));
  MappedFile third = std::move(first);
  EXPECT_EQ(text_of(third), "one");
  third = std::move(second);
  EXPECT_EQ(text_of(third), "two");
}

TEST_F(MappedFileTest, OutlivesTheNameAndReleasedPages) {
  const MappedFile file(write("data", std::string(100000, 'y')));
  std::filesystem::remove(file.path());
  file.release_pages();
  EXPECT_EQ(text_of(file), std::string(100000, 'y'));
}

}  // namespace
}  // namespace headlens
