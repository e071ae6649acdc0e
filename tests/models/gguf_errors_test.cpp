#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/models/gguf_bytes.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* kLlama = "gguf_llama_f32";

TEST(GgufErrors, UnchangedIsFine) { EXPECT_NO_THROW(GgufBytes(kLlama).open()); }

TEST(GgufErrors, MissingFile) {
  const TemporaryDirectory folder;
  EXPECT_THROW(Model::open(folder.path() / "none.gguf", Precision::f32), FormatError);
}

TEST(GgufErrors, UnknownArchitecture) {
  GgufBytes file(kLlama);
  const std::size_t at = file.find("general.architecture") + 20 + 4 + 8;
  ASSERT_EQ(file.bytes().substr(at, 5), "llama");
  file.bytes().replace(at, 5, "mamba");
  EXPECT_THAT([&] { file.open(); },
              ThrowsMessage<UnsupportedError>(
                  AllOf(HasSubstr("model.gguf"), HasSubstr("\"mamba\""),
                        HasSubstr("supported are llama, qwen2, qwen3, gpt2, gptneox, bert"))));
}

/// Opens a model with one number of its metadata changed; all is well if it cannot.
template <typename T>
void expect_refused(const std::string& model, const std::string& key, T value,
                    const std::string& fragment) {
  GgufBytes file(model);
  file.set_key(key, value);
  EXPECT_THAT([&] { file.open(); },
              ThrowsMessage<FormatError>(AllOf(HasSubstr("model.gguf"), HasSubstr(fragment))))
      << key << " = " << value;
}

TEST(GgufErrors, SizesThatNoModelHas) {
  expect_refused(kLlama, "llama.block_count", 0u, "is 0");
  expect_refused(kLlama, "llama.block_count", 4000000000u, "4000000000");
  for (const std::string architecture : {"llama", "gptneox"}) {
    const std::string model = architecture == "llama" ? kLlama : "gguf_gpt_neox_parallel";
    expect_refused(model, architecture + ".attention.head_count", 0u,
                   architecture + ".attention.head_count is 0, which no model can have");
    expect_refused(model, architecture + ".embedding_length", 0u, "embedding_length is 0");
    expect_refused(model, architecture + ".attention.head_count", 1000u, "a head has");
    expect_refused(model, architecture + ".rope.dimension_count", 4000000000u,
                   "rope.dimension_count is 4000000000, but a head has 8 dimensions");
  }
}

TEST(GgufErrors, LlamasRotateWholeHeads) {
  GgufBytes file(kLlama);
  file.set_key("llama.rope.dimension_count", 4u);
  EXPECT_THAT([&] { file.open(); },
              ThrowsMessage<UnsupportedError>(HasSubstr("llama.rope.dimension_count is 4; only "
                                                        "whole heads, here of 8, are supported")));
}

TEST(GgufErrors, SizesThatDisagreeWithTheTensors) {
  GgufBytes file(kLlama);
  file.set_key("llama.embedding_length", 64u);
  file.set_key("llama.rope.dimension_count", 16u);
  EXPECT_THAT([&] { file.open(); },
              ThrowsMessage<FormatError>(AllOf(HasSubstr("token_embd.weight"),
                                               HasSubstr("the config asks for shape [64, 64]"))));
  GgufBytes longer(kLlama);
  longer.set_key("llama.block_count", 3u);
  const auto model = longer.open();
  EXPECT_NO_THROW(model->load_blocks(2));
  EXPECT_THAT([&] { model->load_blocks(3); }, ThrowsMessage<FormatError>(HasSubstr("blk.2.")));
}

TEST(GgufErrors, AVocabularyWithoutRowsIsNoTable) {
  GgufBytes file(kLlama);
  const std::string table = "token_embd.weight", other = "output_norm.weight";
  const std::size_t sizes = file.find(table) + table.size();
  file.put(sizes, std::uint32_t{0});
  file.bytes().erase(sizes + 4, 16);
  // As many bytes more elsewhere keep the tensors' data where it is.
  const std::size_t at = file.find(other);
  file.put(at - 8, std::uint64_t{other.size() + 16});
  file.bytes().insert(at, std::string(16, 'x'));
  EXPECT_THAT([&] { file.open(); }, ThrowsMessage<FormatError>(AllOf(HasSubstr("token_embd.weight"),
                                                                     HasSubstr("no table"))));
}

}  // namespace
}  // namespace headlens
