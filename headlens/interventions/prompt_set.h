#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "headlens/interventions/patching.h"

namespace headlens {

/// One question of a set.
struct PromptRow {
  int line = 0;  ///< in the file, from 1
  std::string clean;
  std::string corrupt;  ///< may be empty
  std::string answer;
  std::string foil;  ///< may be empty
};

/// Reads JSON Lines of {"clean", "corrupt", "answer", "foil"}; empty lines are skipped and other
/// keys ignored.
/// @throws ResourceError  if the file cannot be read
/// @throws FormatError    if a line is no such object; names the line
/// @throws UsageError     if there is no row
std::vector<PromptRow> read_prompt_set(const std::filesystem::path& path);

/// Of everything the rows say, in order.
std::string prompts_sha256(const std::vector<PromptRow>& rows);

/// @throws UsageError  if the row has no corrupt prompt, and as ask_pair()
AskedPair ask_row_pair(Session& session, const PromptRow& row, Metric metric,
                       SpecialTokens special_tokens);

}  // namespace headlens
