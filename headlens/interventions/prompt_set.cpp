#include "headlens/interventions/prompt_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/base/sha256.h"
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

std::string prompts_sha256(const std::vector<PromptRow>& rows) {
  std::string texts;
  for (const PromptRow& row : rows) {
    texts += fmt::format("{}\n{}\n{}\n{}\n", row.clean, row.corrupt, row.answer, row.foil);
  }
  return sha256_hex(std::as_bytes(std::span(texts)));
}

AskedPair ask_row_pair(Session& session, const PromptRow& row, Metric metric,
                       SpecialTokens special_tokens) {
  if (row.corrupt.empty()) throw UsageError("it has no corrupt prompt");
  return ask_pair(session, make_prompt(session, row.clean, special_tokens),
                  make_prompt(session, row.corrupt, special_tokens),
                  {.metric = metric, .answer = row.answer, .foil = row.foil});
}

}  // namespace headlens
