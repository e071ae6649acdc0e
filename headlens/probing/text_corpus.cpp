#include "headlens/probing/text_corpus.h"

namespace headlens {

TextCorpus::TextCorpus(const std::filesystem::path& file)
    : LabelledCorpus(
          {.data = file, .sha256 = file_sha256(file), .unit = LabelUnit::sentence, .columns = {}}),
      lines_(file) {}

std::optional<LabelledSentence> TextCorpus::next() {
  while (const auto text = lines_.next()) {
    if (text->find_first_not_of(" \t") == std::string_view::npos) continue;
    return LabelledSentence{.line = lines_.line(), .text = std::string(*text)};
  }
  return std::nullopt;
}

}  // namespace headlens
