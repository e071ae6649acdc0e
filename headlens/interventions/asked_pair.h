#pragma once

#include <optional>
#include <vector>

#include "headlens/interventions/asked_prompt.h"

namespace headlens {

/// What two runs of different lengths have in common.
struct RunAlignment {
  /// Of each position of the corrupt run, the one of the clean run that stands for the same; -1
  /// where there is none. Where the question is read, both runs are partners.
  std::vector<std::int64_t> clean_of;
  Question corrupt_question;  ///< the pair's question, at the corrupt run's positions
};

/// Two runs of the same length, or aligned ones; the question is the clean one's.
struct AskedPair {
  AskedPrompt clean;
  TokenSequence corrupt;                       ///< extended by the answer as the clean one is
  std::optional<RunAlignment> alignment = {};  ///< none: positions correspond one to one
};

/// @throws UsageError  if the prompts differ in length, and as ask()
AskedPair ask_pair(Session& session, const Prompt& clean, const Prompt& corrupt,
                   const AskedFor& asked);

/// The same of prompts of any lengths, which are aligned by align_tokens() where they differ.
/// @throws UsageError  as ask()
AskedPair ask_aligned_pair(Session& session, const Prompt& clean, const Prompt& corrupt,
                           const AskedFor& asked);

/// Aligns what comes before the positions that are read, and what comes after them.
/// @param corrupt_read  where the corrupt run is read first
RunAlignment align_runs(const AskedPair& pair, std::int64_t corrupt_read);

}  // namespace headlens
