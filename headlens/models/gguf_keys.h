#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"

namespace headlens {

/// Reads "<architecture>.<key>" of a GGUF file's metadata. Borrows the file.
/// @throws FormatError  as GgufFile's getters, naming key and file
class ArchitectureKeys {
 public:
  explicit ArchitectureKeys(const GgufFile& file)
      : file_(file), prefix_(std::string(file.require_string("general.architecture")) + ".") {}

  std::int64_t integer(std::string_view key) const { return file_.require_integer(full(key)); }
  std::optional<std::int64_t> integer_if(std::string_view key) const {
    return file_.integer(full(key));
  }
  /// A count of something, from 1 up.
  std::int64_t size(std::string_view key) const {
    const std::int64_t value = integer(key);
    if (value >= 1) return value;
    throw FormatError(file_.path(),
                      full(key) + " is " + std::to_string(value) + ", which no model can have");
  }
  double number(std::string_view key) const { return file_.require_number(full(key)); }
  std::optional<double> number_if(std::string_view key) const { return file_.number(full(key)); }
  bool flag(std::string_view key) const { return file_.require_boolean(full(key)); }
  std::optional<std::string_view> string_if(std::string_view key) const {
    return file_.string(full(key));
  }

  /// The key as it stands in the file.
  std::string full(std::string_view key) const { return prefix_ + std::string(key); }
  const GgufFile& file() const { return file_; }

 private:
  const GgufFile& file_;
  std::string prefix_;
};

}  // namespace headlens
