#include "headlens/hub/model_locator.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/hub/cache_paths.h"
#include "tests/hub/hub_environment.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* kCommit = "89abcdef0123456789abcdef0123456789abcdef";

class ModelLocator : public HubEnvironment {
 protected:
  /// A model in the hub's cache, as huggingface_hub leaves it.
  fs::path put_cached(const std::string& folder, const std::string& file, std::string_view content,
                      const std::string& revision = "main") {
    const fs::path repository = hub_cache() / folder;
    const fs::path snapshot = repository / "snapshots" / kCommit;
    const std::string blob = git_blob_sha1(content);
    put(repository / "blobs" / blob, content);
    put(repository / "refs" / revision, kCommit);
    fs::create_directories(snapshot);
    fs::create_symlink("../../blobs/" + blob, snapshot / file);
    return snapshot;
  }
  fs::path put_cached_model(const std::string& folder) {
    put_cached(folder, "config.json", R"({"model_type": "gpt2"})");
    return put_cached(folder, "model.safetensors", "weights of " + folder);
  }
};

TEST_F(ModelLocator, FindsAFolderWithAConfig) {
  put(home() / "model" / "config.json", "{}");
  const ResolvedModel model = resolve_model((home() / "model").string());
  EXPECT_EQ(model.kind, ModelKind::huggingface_directory);
  EXPECT_EQ(model.path, home() / "model");
}

TEST_F(ModelLocator, FindsAGgufByEndingContentOrFolder) {
  const fs::path file = put(home() / "one" / "m.GGUF", "anything");
  EXPECT_EQ(resolve_model(file.string()).kind, ModelKind::gguf_file);
  EXPECT_EQ(resolve_model((home() / "one").string()).path, file);
  const fs::path blob = put(home() / "blob", "GGUF and more");
  EXPECT_EQ(resolve_model(blob.string()).kind, ModelKind::gguf_file);
}

TEST_F(ModelLocator, AsksWhichOfSeveralGgufs) {
  put(home() / "two" / "b.gguf", "");
  put(home() / "two" / "a.gguf", "");
  EXPECT_THAT([&] { resolve_model((home() / "two").string()); },
              ThrowsMessage<UsageError>(HasSubstr("a.gguf, b.gguf")));
}

TEST_F(ModelLocator, SaysThatAPathIsMissingOrHoldsNoModel) {
  EXPECT_THAT([&] { resolve_model((home() / "absent" / "m").string()); },
              ThrowsMessage<FormatError>(HasSubstr("no such file")));
  EXPECT_THAT([&] { resolve_model(home().string()); },
              ThrowsMessage<FormatError>(HasSubstr("holds no model")));
  const fs::path text = put(home() / "notes.txt", "hello");
  EXPECT_THROW(resolve_model(text.string()), FormatError);
}

TEST_F(ModelLocator, SaysHowToGetAKnownModel) {
  EXPECT_THAT([] { resolve_model("gpt2"); },
              ThrowsMessage<UsageError>(HasSubstr("`headlens pull gpt2`")));
  EXPECT_THAT([] { resolve_model("smollm2-135m"); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("pull"), HasSubstr("./run models"))));
  EXPECT_THAT([] { resolve_model("somebody/model"); },
              ThrowsMessage<UsageError>(HasSubstr("`headlens pull somebody/model`")));
}

TEST_F(ModelLocator, NamesWhatIsNear) {
  EXPECT_THAT([] { resolve_model("gpt-2"); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("unknown model"), HasSubstr("gpt2"))));
  EXPECT_THROW(resolve_model(""), UsageError);
  EXPECT_THROW(resolve_model(std::string("gpt2\0x", 6)), UsageError);
}

TEST_F(ModelLocator, FindsPackagedModelsInItsOwnCache) {
  const fs::path gguf = put(packaged_model_folder("smollm2-135m") / "m.gguf", "GGUF");
  const ResolvedModel model = resolve_model("SmolLM2-135M");
  EXPECT_EQ(model.name, "smollm2-135m");
  EXPECT_EQ(model.path, gguf);
  EXPECT_EQ(model.kind, ModelKind::gguf_file);
  EXPECT_THROW(resolve_model("HuggingFaceTB/SmolLM2-135M-Instruct"), UsageError)
      << "a quantised file must not stand in for the repository";
}

TEST_F(ModelLocator, FindsModelsInTheHubsCache) {
  const fs::path snapshot = put_cached_model("models--openai-community--gpt2");
  EXPECT_EQ(resolve_model("gpt2").path, snapshot);
  EXPECT_EQ(resolve_model("openai-community/gpt2").path, snapshot);
  EXPECT_EQ(resolve_model(std::string("gpt2@") + kCommit).path, snapshot);
  EXPECT_THROW(resolve_model("gpt2@v2"), UsageError);
}

TEST_F(ModelLocator, FindsModelsThatTheHubOnceKeptWithoutOwner) {
  const fs::path snapshot = put_cached_model("models--gpt2");
  EXPECT_EQ(resolve_model("gpt2").path, snapshot);
}

TEST_F(ModelLocator, FindsTheNamedGgufOfACachedRepository) {
  put_cached("models--a--b", "m.Q4_1.gguf", "four");
  const fs::path snapshot = put_cached("models--a--b", "m.Q8_0.gguf", "eight");
  EXPECT_EQ(resolve_model("a/b:m.Q8_0.gguf").path, snapshot / "m.Q8_0.gguf");
  EXPECT_THROW(resolve_model("a/b"), UsageError);
}

TEST_F(ModelLocator, HeedsTheVariablesThatMoveTheHubsCache) {
  const fs::path snapshot = put_cached_model("models--gpt2");
  fs::rename(hub_cache(), home() / "elsewhere");
  EXPECT_THROW(resolve_model("gpt2"), UsageError);
  set("HF_HUB_CACHE", (home() / "elsewhere").string());
  EXPECT_EQ(resolve_model("gpt2").path.filename(), kCommit);
  set("HF_HUB_CACHE", std::nullopt);
  set("HF_HOME", std::nullopt);
  fs::create_directories(home() / ".cache" / "huggingface");
  fs::rename(home() / "elsewhere", home() / ".cache" / "huggingface" / "hub");
  EXPECT_EQ(resolve_model("gpt2").path.filename(), kCommit);
}

TEST_F(ModelLocator, PassesOverIncompleteSnapshots) {
  put_cached("models--gpt2", "config.json", "{}");
  EXPECT_THROW(resolve_model("gpt2"), UsageError);
  const fs::path snapshot =
      put_cached("models--gpt2", "model.safetensors.index.json",
                 R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})");
  put_cached("models--gpt2", "one.safetensors", "1");
  EXPECT_THROW(resolve_model("gpt2"), UsageError);
  put_cached("models--gpt2", "two.safetensors", "2");
  EXPECT_EQ(resolve_model("gpt2").path, snapshot);
}

TEST_F(ModelLocator, AnIndexCannotPointOutsideItsFolder) {
  put(home() / "huggingface" / "outside.safetensors", "x");
  put_cached("models--gpt2", "config.json", "{}");
  put_cached("models--gpt2", "model.safetensors.index.json",
             R"({"weight_map": {"a": "../../../../outside.safetensors"}})");
  EXPECT_THROW(resolve_model("gpt2"), UsageError);
}

TEST_F(ModelLocator, ListsKnownModelsAndWhatElseIsInTheCache) {
  put_cached_model("models--openai-community--gpt2");
  const fs::path other = put_cached_model("models--somebody--model");
  put_cached("models--a--b", "m.Q4_1.gguf", "four");
  put_cached("models--a--b", "m.Q8_0.gguf", "eight!");
  put_cached("models--half--done", "config.json", "{}");
  const std::vector<ListedModel> rows = list_models();
  const auto row = [&](std::string_view name) {
    return std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.name == name; });
  };
  EXPECT_TRUE(row("gpt2")->local);
  EXPECT_FALSE(row("gpt2-xl")->local);
  EXPECT_EQ(row("gpt2-xl")->repository, "openai-community/gpt2-xl");
  ASSERT_NE(row("somebody/model"), rows.end());
  EXPECT_EQ(row("somebody/model")->path, other);
  EXPECT_EQ(row("somebody/model")->family, "gpt2");
  const std::string weights = "weights of models--somebody--model";
  EXPECT_EQ(row("somebody/model")->bytes,
            weights.size() + std::string(R"({"model_type": "gpt2"})").size());
  EXPECT_EQ(row("a/b:m.Q8_0.gguf")->bytes, 6u);
  EXPECT_EQ(row("half/done"), rows.end());
}

}  // namespace
}  // namespace headlens
