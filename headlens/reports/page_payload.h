#pragma once

#include <string>

#include "headlens/reports/html_report.h"

namespace headlens {

/// What the page's scripts unpack: the length of a JSON text (4 bytes, little endian), that text,
/// and the packed attention; gzipped. The JSON's form is known to html/*.js alone.
/// @throws UsageError  if the page has no part, or parts of different prompts
/// @throws ShapeError  if a part disagrees with itself
std::string page_payload(const ReportPage& page);

/// The prompt and provenance that all parts share.
const PromptTokens& prompt_of(const ReportPage& page);
const Provenance& provenance_of(const ReportPage& page);

}  // namespace headlens
