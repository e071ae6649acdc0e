#include "headlens/base/errors.h"

namespace headlens {
namespace {

std::string join(std::string_view a, std::string_view b, std::string_view c) {
  return std::string(a).append(b).append(c);
}

}  // namespace

FormatError::FormatError(std::string path, std::string_view problem)
    : Error(join(path, ": ", problem)), path_(std::move(path)) {}

FormatError::FormatError(std::string path, std::uint64_t byte_offset, std::string_view problem)
    : Error(join(path + " at byte " + std::to_string(byte_offset), ": ", problem)),
      path_(std::move(path)),
      byte_offset_(byte_offset) {}

FormatError::FormatError(std::string path, std::string tensor, std::string_view problem)
    : Error(join(path + ", tensor " + tensor, ": ", problem)),
      path_(std::move(path)),
      tensor_(std::move(tensor)) {}

ShapeError::ShapeError(std::string_view operation, std::string_view expected, std::string_view got)
    : Error(join(std::string(operation) + ": expected ", expected, ", got ") + std::string(got)) {}

}  // namespace headlens
