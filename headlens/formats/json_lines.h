#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "headlens/formats/line_reader.h"

namespace headlens {

struct JsonLine {
  std::int64_t line = 0;  ///< in the file, from 1
  nlohmann::json object;
};

/// Reads JSON Lines, one object a line; blank lines are left out.
/// Format: https://jsonlines.org
class JsonLinesReader {
 public:
  /// @throws FormatError, ResourceError  as LineReader
  explicit JsonLinesReader(const std::filesystem::path& path) : lines_(path) {}
  JsonLinesReader(std::string text, std::filesystem::path name)
      : lines_(std::move(text), std::move(name)) {}

  /// Empty optional at the end.
  /// @throws FormatError  with path and line, if a line is no JSON object
  std::optional<JsonLine> next();

  const std::filesystem::path& path() const { return lines_.path(); }

 private:
  LineReader lines_;
};

}  // namespace headlens
