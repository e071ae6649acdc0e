#include "cli/text_lines.h"

#include <algorithm>
#include <string_view>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"

namespace headlens::cli {
namespace {

Prompt tokenize_line(const CommonOptions& common, const Session& session, std::string_view text,
                     const std::filesystem::path& path, int line) {
  try {
    return common.tokenize(session, text);
  } catch (const UsageError& error) {
    throw UsageError(path.string() + ", line " + std::to_string(line) + ": " + error.what());
  }
}

}  // namespace

std::vector<TextLine> read_text_lines(const CommonOptions& common, const Session& session,
                                      const std::filesystem::path& path) {
  const MappedFile file(path);
  std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  std::vector<TextLine> texts;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty()) continue;
    texts.push_back({line, tokenize_line(common, session, text, path, line)});
  }
  if (texts.empty()) throw UsageError("the data set " + path.string() + " has no text");
  return texts;
}

std::vector<TokenSequence> read_texts(const CommonOptions& common, const Session& session,
                                      const std::filesystem::path& path) {
  std::vector<TokenSequence> texts;
  if (path.empty()) return texts;
  for (TextLine& text : read_text_lines(common, session, path)) {
    texts.push_back(std::move(text.prompt.sequence));
  }
  return texts;
}

}  // namespace headlens::cli
