#include "headlens/reports/html_report.h"

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/reports/encode.h"
#include "headlens/reports/page_assets.h"
#include "headlens/reports/page_payload.h"
#include "headlens/reports/token_label.h"

namespace headlens {
namespace {

constexpr int kTitleColumns = 60;

/// The text a {{NAME}} of the template stands for.
std::string part(std::string_view name, const ReportPage& page) {
  if (name == "CSS") return std::string(kPageStyles);
  if (name == "JS") return std::string(kPageScripts);
  if (name == "PAYLOAD") return base64(page_payload(page));
  return html_escaped(one_line(prompt_of(page).text, kTitleColumns) + " — headlens");
}

}  // namespace

std::string html_report(const ReportPage& page) {
  std::string html;
  std::string_view rest = kPageTemplate;
  while (!rest.empty()) {
    const std::size_t begin = std::min(rest.find("{{"), rest.size());
    html += rest.substr(0, begin);
    rest.remove_prefix(begin);
    if (rest.empty()) break;
    const std::size_t end = rest.find("}}");
    html += part(rest.substr(2, end - 2), page);
    rest.remove_prefix(end + 2);
  }
  return html;
}

void write_html_report(const std::filesystem::path& path, const ReportPage& page) {
  write_file(path, html_report(page));
}

}  // namespace headlens
