#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace headlens {

struct JsonLimits {
  std::uint64_t max_bytes = std::uint64_t{1} << 26;
  int max_depth = 64;
};

/// Reads a JSON file whole.
/// @throws FormatError  if the file is missing, larger or deeper nested than `limits`, not valid
///                      JSON (with line, column and byte), or has an object with one key twice
nlohmann::json read_json(const std::filesystem::path& path, const JsonLimits& limits = {});

/// The same on text in memory; `name` stands for the path in errors.
nlohmann::json parse_json(std::string_view text, const std::filesystem::path& name,
                          const JsonLimits& limits = {});

/// Turns a parse error of the JSON library into ours.
/// @param position  one past the byte the parser stopped at, as the library counts
/// @throws FormatError  always
[[noreturn]] void throw_json_error(const std::filesystem::path& path, std::string_view text,
                                   std::size_t position, std::string_view message);

// Typed members of an object. `path` names the file in errors.
// require_*: @throws FormatError  naming key and file, if the key is absent or of another type
// optional_*: empty if the key is absent or null; @throws FormatError  if of another type

std::int64_t require_integer(const nlohmann::json& object, std::string_view key,
                             const std::filesystem::path& path);
double require_number(const nlohmann::json& object, std::string_view key,
                      const std::filesystem::path& path);
bool require_boolean(const nlohmann::json& object, std::string_view key,
                     const std::filesystem::path& path);
std::string require_string(const nlohmann::json& object, std::string_view key,
                           const std::filesystem::path& path);
const nlohmann::json& require_object(const nlohmann::json& object, std::string_view key,
                                     const std::filesystem::path& path);
const nlohmann::json& require_array(const nlohmann::json& object, std::string_view key,
                                    const std::filesystem::path& path);

std::optional<std::int64_t> optional_integer(const nlohmann::json& object, std::string_view key,
                                             const std::filesystem::path& path);
std::optional<double> optional_number(const nlohmann::json& object, std::string_view key,
                                      const std::filesystem::path& path);
std::optional<bool> optional_boolean(const nlohmann::json& object, std::string_view key,
                                     const std::filesystem::path& path);
std::optional<std::string> optional_string(const nlohmann::json& object, std::string_view key,
                                           const std::filesystem::path& path);
/// Null if absent.
const nlohmann::json* optional_object(const nlohmann::json& object, std::string_view key,
                                      const std::filesystem::path& path);
const nlohmann::json* optional_array(const nlohmann::json& object, std::string_view key,
                                     const std::filesystem::path& path);

}  // namespace headlens
