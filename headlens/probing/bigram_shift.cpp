#include "headlens/probing/bigram_shift.h"

#include "headlens/probing/word_spans.h"

namespace headlens {

BigramShiftCorpus::BigramShiftCorpus(const std::filesystem::path& file, std::uint64_t seed)
    : LabelledCorpus({.task = "bigram-shift",
                      .data = file,
                      .sha256 = file_sha256(file),
                      .unit = LabelUnit::sentence,
                      .columns = {"shifted"},
                      .seed = seed}),
      reader_(file),
      random_(seed) {}

std::optional<LabelledSentence> BigramShiftCorpus::next() {
  while (const std::optional<ConlluSentence> sentence = reader_.next()) {
    std::vector<std::string> words;
    for (const ConlluToken& token : sentence->tokens) words.push_back(token.form);
    std::vector<std::size_t> places;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i - 1] != words[i]) places.push_back(i);
    }
    if (places.empty()) continue;
    const bool shifted = random_() % 2 == 1;
    const std::size_t place = places[random_() % places.size()];
    if (shifted) std::swap(words[place - 1], words[place]);
    return LabelledSentence{.line = sentence->line,
                            .id = sentence->sent_id,
                            .document = sentence->document,
                            .text = join_words(words).text,
                            .labels = {std::string(shifted ? "I" : "O")}};
  }
  return std::nullopt;
}

}  // namespace headlens
