#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace headlens {

/// Root of every exception the library throws on purpose. `what()` is one line that says what is
/// wrong, where, and what to do about it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file from elsewhere is missing, truncated, inconsistent or hostile.
class FormatError : public Error {
 public:
  FormatError(std::string path, std::string_view problem);
  FormatError(std::string path, std::uint64_t byte_offset, std::string_view problem);
  FormatError(std::string path, std::string tensor, std::string_view problem);

  const std::string& path() const { return path_; }
  /// Where in the file, in bytes, if the problem has a place.
  std::optional<std::uint64_t> byte_offset() const { return byte_offset_; }
  /// The tensor the problem is about; empty if none.
  const std::string& tensor() const { return tensor_; }

 private:
  std::string path_;
  std::optional<std::uint64_t> byte_offset_;
  std::string tensor_;
};

/// Two shapes that must agree do not.
class ShapeError : public Error {
 public:
  ShapeError(std::string_view operation, std::string_view expected, std::string_view got);
};

/// The input is well formed but this version cannot handle it.
class UnsupportedError : public Error {
 public:
  using Error::Error;
};

/// The caller asked for something that does not exist or makes no sense.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Memory, disk, permission or network ran out or said no.
class ResourceError : public Error {
 public:
  using Error::Error;
};

/// Work was stopped on request (Ctrl-C).
class CancelledError : public Error {
 public:
  CancelledError() : Error("stopped on request; nothing was left half-written") {}
};

}  // namespace headlens
