#include "headlens/reports/wrapped_text.h"

#include <algorithm>

namespace headlens {

std::string wrapped_text(std::string_view text, int width) {
  std::string lines, line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > static_cast<std::size_t>(width)) {
      lines += line + "\n";
      line.clear();
    }
    if (!line.empty()) line += " ";
    line += word;
    at = end + 1;
  }
  return lines + line + "\n";
}

}  // namespace headlens
