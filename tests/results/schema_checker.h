#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace headlens {

/// Checks JSON against the part of JSON Schema that docs/schema uses: type, const, enum, required,
/// properties, additionalProperties (false), items, minItems, maxItems, minimum, pattern, anyOf and
/// $ref into the same file or a neighbour.
/// @return  one line a violation, each with its place in the document; empty if there is none
/// @throws std::runtime_error  if the schema uses a keyword that is not checked here
std::vector<std::string> schema_violations(const nlohmann::json& document,
                                           const std::filesystem::path& schema_file);

/// The same for a schema that is at hand; references to other files are looked up in `folder`.
std::vector<std::string> schema_violations(const nlohmann::json& document,
                                           const nlohmann::json& schema,
                                           const std::filesystem::path& folder);

}  // namespace headlens
