#include "headlens/probing/entity_corpus.h"

#include "headlens/probing/word_spans.h"

namespace headlens {

EntityCorpus::EntityCorpus(const std::filesystem::path& file, std::optional<IobColumns> columns)
    : LabelledCorpus({.task = "entities",
                      .data = file,
                      .sha256 = file_sha256(file),
                      .unit = LabelUnit::word,
                      .columns = {"entity"}}),
      reader_(file, columns) {}

std::optional<LabelledSentence> EntityCorpus::next() {
  const std::optional<IobSentence> sentence = reader_.next();
  if (!sentence) return std::nullopt;
  std::vector<std::string> forms;
  for (const IobToken& token : sentence->tokens) forms.push_back(token.form);
  JoinedWords joined{.text = sentence->text, .spans = {}};
  if (joined.text.empty()) {
    joined = join_words(forms);
  } else {
    joined.spans = place_words(joined.text, forms, place_of(reader_.path(), sentence->line));
  }
  LabelledSentence result{.line = sentence->line,
                          .id = sentence->id,
                          .document = sentence->document,
                          .text = std::move(joined.text)};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const IobToken& token = sentence->tokens[i];
    result.words.push_back({.span = joined.spans[i], .labels = {token.tag}, .line = token.line});
  }
  return result;
}

}  // namespace headlens
