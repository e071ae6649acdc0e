#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "headlens/base/errors.h"
#include "headlens/models/model.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A GGUF model of tests/goldens/parity whose bytes may be changed.
class GgufErrors : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(
        std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/parity/gguf_llama_f32/model.gguf",
        std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  std::unique_ptr<Model> open() const {
    folder_.write("model.gguf", bytes_);
    return Model::open(folder_.path() / "model.gguf", Precision::f32);
  }

  std::size_t find(const std::string& name) const {
    const std::size_t at = bytes_.find(name);
    EXPECT_NE(at, std::string::npos) << name;
    return at;
  }

  template <typename T>
  void put(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }

  /// Overwrites an integer of the metadata, which lies behind its key and type.
  void set_key(const std::string& key, std::uint32_t value) {
    put(find(key) + key.size() + sizeof(std::uint32_t), value);
  }

  std::string bytes_;
  TemporaryDirectory folder_;
};

TEST_F(GgufErrors, UnchangedIsFine) { EXPECT_NO_THROW(open()); }

TEST_F(GgufErrors, MissingFile) {
  EXPECT_THROW(Model::open(folder_.path() / "none.gguf", Precision::f32), FormatError);
}

TEST_F(GgufErrors, UnknownArchitecture) {
  const std::size_t at = find("general.architecture") + 20 + 4 + 8;
  ASSERT_EQ(bytes_.substr(at, 5), "llama");
  bytes_.replace(at, 5, "mamba");
  EXPECT_THAT([&] { open(); },
              ThrowsMessage<UnsupportedError>(AllOf(HasSubstr("model.gguf"), HasSubstr("\"mamba\""),
                                                    HasSubstr("llama, qwen2"))));
}

TEST_F(GgufErrors, SizesThatNoModelHas) {
  set_key("llama.block_count", 0);
  EXPECT_THROW(open(), FormatError);
  SetUp();
  set_key("llama.block_count", 4000000000u);
  EXPECT_THROW(open(), FormatError);
  SetUp();
  set_key("llama.attention.head_count", 0);
  EXPECT_THROW(open(), FormatError);
}

TEST_F(GgufErrors, SizesThatDisagreeWithTheTensors) {
  set_key("llama.embedding_length", 64);
  EXPECT_THAT([&] { open(); },
              ThrowsMessage<FormatError>(AllOf(HasSubstr("token_embd.weight"),
                                               HasSubstr("the config asks for shape [64, 64]"))));
  SetUp();
  set_key("llama.block_count", 3);
  const auto model = open();
  EXPECT_NO_THROW(model->load_blocks(2));
  EXPECT_THAT([&] { model->load_blocks(3); }, ThrowsMessage<FormatError>(HasSubstr("blk.2.")));
}

TEST_F(GgufErrors, AVocabularyWithoutRowsIsNoTable) {
  const std::string table = "token_embd.weight", other = "output_norm.weight";
  const std::size_t sizes = find(table) + table.size();
  put(sizes, std::uint32_t{0});
  bytes_.erase(sizes + 4, 16);
  // As many bytes more elsewhere keep the tensors' data where it is.
  const std::size_t at = find(other);
  put(at - 8, std::uint64_t{other.size() + 16});
  bytes_.insert(at, std::string(16, 'x'));
  EXPECT_THAT([&] { open(); }, ThrowsMessage<FormatError>(
                                   AllOf(HasSubstr("token_embd.weight"), HasSubstr("no table"))));
}

}  // namespace
}  // namespace headlens
