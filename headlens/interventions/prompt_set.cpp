#include "headlens/interventions/prompt_set.h"

#include <algorithm>
#include <string_view>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/formats/json_file.h"

namespace headlens {
namespace {

PromptRow parse_row(std::string_view text, int line, const std::filesystem::path& path) {
  const std::filesystem::path place = path.string() + ", line " + std::to_string(line);
  const nlohmann::json object = parse_json(text, place);
  if (!object.is_object()) throw FormatError(place, "is no JSON object");
  return {.line = line,
          .clean = require_string(object, "clean", place),
          .corrupt = optional_string(object, "corrupt", place).value_or(""),
          .answer = require_string(object, "answer", place),
          .foil = optional_string(object, "foil", place).value_or("")};
}

}  // namespace

std::vector<PromptRow> read_prompt_set(const std::filesystem::path& path) {
  const MappedFile file(path);
  std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  std::vector<PromptRow> rows;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    rows.push_back(parse_row(text, line, path));
  }
  if (rows.empty()) throw UsageError("the prompt set " + path.string() + " is empty");
  return rows;
}

}  // namespace headlens
