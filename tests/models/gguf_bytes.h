#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "headlens/models/model.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

/// A GGUF model of tests/goldens/parity whose bytes may be changed.
class GgufBytes {
 public:
  explicit GgufBytes(const std::string& parity_name) {
    std::ifstream file(
        std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/parity" / parity_name / "model.gguf",
        std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  /// Writes the bytes as they are now, then opens the model.
  std::unique_ptr<Model> open() const {
    folder_.write("model.gguf", bytes_);
    return Model::open(folder_.path() / "model.gguf", Precision::f32);
  }

  std::string& bytes() { return bytes_; }

  std::size_t find(const std::string& name) const {
    const std::size_t at = bytes_.find(name);
    EXPECT_NE(at, std::string::npos) << name;
    return at;
  }

  template <typename T>
  void put(std::size_t at, T value) {
    ASSERT_LE(at + sizeof value, bytes_.size());
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }

  /// Overwrites a number of the metadata, which lies behind its key and type.
  template <typename T>
  void set_key(const std::string& key, T value) {
    put(find(key) + key.size() + sizeof(std::uint32_t), value);
  }

  /// Gives a tensor another name of the same length.
  void rename(const std::string& tensor, const std::string& name) {
    ASSERT_EQ(tensor.size(), name.size());
    bytes_.replace(find(tensor), tensor.size(), name);
  }

 private:
  std::string bytes_;
  TemporaryDirectory folder_;
};

}  // namespace headlens
