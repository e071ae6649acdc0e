#pragma once

#include <filesystem>
#include <string>

#include "headlens/results/attention_result.h"
#include "headlens/results/lens_result.h"
#include "headlens/results/run_result.h"

namespace headlens {

/// What a page shows. Parts that were not made are null; the page leaves their sections out.
struct ReportPage {
  const RunResult* run = nullptr;
  const AttentionResult* attention = nullptr;
  const LensResult* lens = nullptr;
};

/// Writes one self-contained page: scripts, styles and arrays are inside it and nothing is fetched.
/// Attention is stored in 8 bits (largest error 1/508) and the page says so; patterns that would
/// exceed 48 MB of them are pooled by their maximum, which the page says too.
/// @throws UsageError     if the page has no part
/// @throws ShapeError     if a part disagrees with itself
/// @throws ResourceError  if the file cannot be written; no partial file is left
void write_html_report(const std::filesystem::path& path, const ReportPage& page);

/// The page's text, as write_html_report() writes it.
std::string html_report(const ReportPage& page);

}  // namespace headlens
