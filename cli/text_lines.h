#pragma once

#include <filesystem>
#include <vector>

#include "cli/command.h"

namespace headlens::cli {

/// A line of a file of texts.
struct TextLine {
  int line = 0;  ///< from 1
  Prompt prompt;
};

/// One text a line; empty lines are skipped.
/// @throws FormatError  if there is no such file
/// @throws UsageError   if it has no text, or a line is no prompt; names the line
std::vector<TextLine> read_text_lines(const CommonOptions& common, const Session& session,
                                      const std::filesystem::path& path);

/// The tokens alone; none where no file is named.
std::vector<TokenSequence> read_texts(const CommonOptions& common, const Session& session,
                                      const std::filesystem::path& path);

}  // namespace headlens::cli
