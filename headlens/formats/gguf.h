#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/formats/checkpoint.h"
#include "headlens/formats/gguf_value.h"

namespace headlens {

/// A GGUF file: typed metadata, and the tensors as a Checkpoint. Owns the mapping that both point
/// into; movable.
///
/// Getters of metadata: the plain ones give nothing if the key is absent, the require_* ones throw
/// FormatError; both throw FormatError, naming key and file, if the value has another type.
/// Views live as long as the file.
class GgufFile {
 public:
  int version() const { return version_; }
  const std::filesystem::path& path() const { return path_; }
  /// Shapes are outermost first, the reverse of the file's own order.
  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::map<std::string, GgufValue, std::less<>>& metadata() const { return metadata_; }
  bool contains(std::string_view key) const { return metadata_.contains(key); }

  /// Any of the integer types.
  std::optional<std::int64_t> integer(std::string_view key) const;
  /// Any of the integer or floating-point types.
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string_view> string(std::string_view key) const;
  std::optional<std::span<const std::string_view>> strings(std::string_view key) const;
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
  std::optional<std::vector<double>> numbers(std::string_view key) const;

  std::int64_t require_integer(std::string_view key) const;
  double require_number(std::string_view key) const;
  bool require_boolean(std::string_view key) const;
  std::string_view require_string(std::string_view key) const;
  std::span<const std::string_view> require_strings(std::string_view key) const;
  std::vector<std::int64_t> require_integers(std::string_view key) const;
  std::vector<double> require_numbers(std::string_view key) const;

 private:
  friend class GgufParser;
  GgufFile() = default;
  friend GgufFile read_gguf(const std::filesystem::path& path);
  friend GgufFile parse_gguf(std::span<const std::byte> file, const std::filesystem::path& name);

  const GgufValue* find(std::string_view key) const;
  [[noreturn]] void wrong_type(std::string_view key, std::string_view wanted) const;
  template <typename T>
  T require(std::optional<T> value, std::string_view key) const;

  std::filesystem::path path_;
  int version_ = 0;
  std::map<std::string, GgufValue, std::less<>> metadata_;
  Checkpoint checkpoint_;
};

/// Opens a GGUF file of version 2 or 3, little-endian, by mapping it; no tensor is read.
/// @throws FormatError  if the file is missing, truncated, inconsistent or hostile
/// @throws UnsupportedError  for other versions, big-endian files, split files, and tensor types
///                           that headlens cannot decode
GgufFile read_gguf(const std::filesystem::path& path);

/// The same on bytes in memory, which must outlive the result.
/// @param name  stands for the path in errors
GgufFile parse_gguf(std::span<const std::byte> file, const std::filesystem::path& name);

}  // namespace headlens
