#include "headlens/hub/file_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(FileSelection, TakesOnlyWhatIsNeededAndTheWeightsLast) {
  EXPECT_THAT(files_to_pull({".gitattributes", "README.md", "config.json", "flax_model.msgpack",
                             "merges.txt", "model.safetensors", "modeling_custom.py",
                             "onnx/model.onnx", "pytorch_model.bin", "rust_model.ot", "tf_model.h5",
                             "tokenizer.json", "vocab.json"},
                            "a/b", ""),
              ElementsAre("config.json", "tokenizer.json", "vocab.json", "merges.txt",
                          "model.safetensors"));
}

TEST(FileSelection, TakesTheIndexOfShards) {
  EXPECT_THAT(files_to_pull({"config.json", "model-00001-of-00002.safetensors",
                             "model-00002-of-00002.safetensors", "model.safetensors.index.json"},
                            "a/b", ""),
              ElementsAre("config.json", "model.safetensors.index.json"));
}

TEST(FileSelection, TakesOneGguf) {
  const std::vector<std::string> two{"README.md", "m.Q4_1.gguf", "m.Q8_0.gguf"};
  EXPECT_THAT(files_to_pull(two, "a/b", "m.Q8_0.gguf"), ElementsAre("m.Q8_0.gguf"));
  EXPECT_THAT(files_to_pull({"m.gguf"}, "a/b", ""), ElementsAre("m.gguf"));
  EXPECT_THAT([&] { files_to_pull(two, "a/b", ""); },
              ThrowsMessage<UsageError>(HasSubstr("m.Q4_1.gguf, m.Q8_0.gguf")));
  EXPECT_THAT([&] { files_to_pull(two, "a/b", "m.F16.gguf"); },
              ThrowsMessage<UsageError>(HasSubstr("has no GGUF file m.F16.gguf")));
}

TEST(FileSelection, NeverTakesPickles) {
  EXPECT_THAT(
      [] {
        files_to_pull({"config.json", "pytorch_model.bin"}, "a/b", "");
      },
      ThrowsMessage<UnsupportedError>(HasSubstr("pytorch_model.bin")));
  EXPECT_THAT([] { files_to_pull({"README.md"}, "a/b", ""); },
              ThrowsMessage<UnsupportedError>(HasSubstr("no safetensors or GGUF")));
  EXPECT_THAT([] { files_to_pull({"model.safetensors"}, "a/b", ""); },
              ThrowsMessage<UnsupportedError>(HasSubstr("no config.json")));
}

}  // namespace
}  // namespace headlens
