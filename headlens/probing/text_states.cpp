#include "headlens/probing/text_states.h"

#include <algorithm>
#include <cctype>

#include "headlens/base/errors.h"
#include "headlens/formats/split_fields.h"
#include "headlens/hub/model_hash.h"
#include "headlens/probing/harvest_states.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

bool is_sign(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }

/// A field without white space as words: its punctuation at either end is cut off, sign by sign.
void add_words(std::string_view field, std::int64_t at, std::vector<CharSpan>& words) {
  std::vector<CharSpan> after;
  while (field.size() > 1 && is_sign(field.front())) {
    words.push_back({at, at + 1});
    field.remove_prefix(1);
    ++at;
  }
  std::int64_t end = at + code_points(field);
  while (field.size() > 1 && is_sign(field.back())) {
    after.push_back({end - 1, end});
    field.remove_suffix(1);
    --end;
  }
  words.push_back({at, end});
  words.insert(words.end(), after.rbegin(), after.rend());
}

ListedCorpus corpus_of(const std::string& text, HarvestUnit unit) {
  LabelledSentence sentence{.line = 1, .text = text};
  const bool words = unit != HarvestUnit::sentence;
  if (words) {
    for (const CharSpan span : simple_words(text)) {
      sentence.words.push_back({.span = span, .line = 1});
    }
  }
  return {{.data = "the text", .unit = words ? LabelUnit::word : LabelUnit::sentence},
          {std::move(sentence)}};
}

}  // namespace

bool is_punctuation(std::string_view word) { return std::ranges::all_of(word, is_sign); }

std::vector<CharSpan> simple_words(const std::string& text) {
  std::vector<CharSpan> words;
  const auto fields = split_blanks(text);
  const std::vector<std::string> forms(fields.begin(), fields.end());
  const std::vector<CharSpan> spans = place_words(text, forms, "the text");
  for (std::size_t i = 0; i < forms.size(); ++i) add_words(forms[i], spans[i].begin, words);
  return words;
}

void check_probe_model(const Session& session, const std::string& name, const std::string& sha256) {
  if (model_sha256(session.identity()) == sha256) return;
  throw FormatError(name, "is the model of this probe, with the SHA-256 " + sha256 + "; " +
                              session.identity().name + " is another");
}

TextStates states_of_text(Session& session, const std::string& text,
                          const HarvestOptions& options) {
  if (split_blanks(text).empty()) throw UsageError("there is no text to label");
  ListedCorpus corpus = corpus_of(text, *options.unit);
  const HarvestChoices choices = harvest_choices(corpus.info(), options);
  HarvestWindow window = read_window(session, corpus, options, 0, 1);
  if (window.rows == 0) throw UsageError("the text has nothing to label");
  std::vector<Tensor> states =
      harvest_states(session, window, options.sites, choices, corpus.info(), {});
  return {.rows = std::move(window.sentences[0].rows), .states = std::move(states[0])};
}

}  // namespace headlens
