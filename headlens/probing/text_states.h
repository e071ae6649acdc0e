#pragma once

#include <string>
#include <vector>

#include "headlens/probing/harvest_options.h"
#include "headlens/probing/harvest_window.h"
#include "headlens/run/session.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// What a new text gives a probe.
struct TextStates {
  std::vector<HarvestRow> rows;
  Tensor states;  ///< of the first site [row, width]
};

/// Harvests one text without labels, as a probe's training data were harvested.
/// @param options  with its sites, unit and pooling
/// @throws UsageError  if the text has nothing to label
TextStates states_of_text(Session& session, const std::string& text, const HarvestOptions& options);

/// @throws FormatError  if a probe was trained on another model than the session's
void check_probe_model(const Session& session, const std::string& name, const std::string& sha256);

/// Where the words of a text lie: what is between white space, with ASCII punctuation at either end
/// as words of its own.
std::vector<CharSpan> simple_words(const std::string& text);

/// Whether a word is nothing but ASCII punctuation.
bool is_punctuation(std::string_view word);

}  // namespace headlens
