#include "headlens/hub/model_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;

TEST(ModelName, TakesNameRevisionAndFileApart) {
  const ModelName name = parse_model_name("owner/some.model@refs/pr/1:sub/q4.gguf");
  EXPECT_EQ(name.repository, "owner/some.model");
  EXPECT_EQ(name.revision, "refs/pr/1");
  EXPECT_EQ(name.file, "sub/q4.gguf");
  EXPECT_EQ(name.known, nullptr);
  EXPECT_FALSE(name.is_short);
}

TEST(ModelName, KnowsShortNames) {
  const ModelName name = parse_model_name("distilgpt2@v1");
  EXPECT_EQ(name.repository, "distilbert/distilgpt2");
  EXPECT_EQ(name.revision, "v1");
  EXPECT_TRUE(name.is_short);
  EXPECT_FALSE(parse_model_name("distilbert/distilgpt2").is_short);
}

TEST(ModelName, LooksForModelsUnderTheirOldNamesToo) {
  EXPECT_THAT(parse_model_name("gpt2").cached_repositories(),
              ElementsAre("openai-community/gpt2", "gpt2"));
  EXPECT_THAT(parse_model_name("pythia-70m").cached_repositories(),
              ElementsAre("EleutherAI/pythia-70m"));
}

TEST(ModelName, RefusesWhatCouldLeaveTheCache) {
  for (const char* text : {"../etc", "a/../b", "a/b/c", "/a", "a/", "", "a b", ".hidden", "a--b/c",
                           "a/b@../x", "a/b:../x.gguf", "a/b:/x.gguf", "a/b\nc"}) {
    EXPECT_THROW(parse_model_name(text), UsageError) << text;
  }
}

TEST(SafeRelativePath, AcceptsPlainPathsOnly) {
  for (const char* path : {"a", "a/b.json", "1_Pooling/config.json", "..a", "a..b", ".gitignore"}) {
    EXPECT_TRUE(is_safe_relative_path(path)) << path;
  }
  using namespace std::string_view_literals;
  for (const std::string_view path : {""sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, "a/./b"sv, ".."sv,
                                      "../a"sv, "a/../b"sv, "a\\b"sv, "a\0b"sv, "a\nb"sv}) {
    EXPECT_FALSE(is_safe_relative_path(path)) << path;
  }
  EXPECT_FALSE(is_safe_relative_path(std::string(256, 'a')));
}

}  // namespace
}  // namespace headlens
