#include "headlens/probing/probe_apply.h"

#include <algorithm>
#include <cctype>

#include "headlens/base/errors.h"
#include "headlens/formats/split_fields.h"
#include "headlens/hub/model_hash.h"
#include "headlens/probing/harvest_states.h"
#include "headlens/probing/word_spans.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

bool is_punctuation(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }

/// A field without white space as words: its punctuation at either end is cut off, sign by sign.
void add_words(std::string_view field, std::int64_t at, std::vector<CharSpan>& words) {
  std::vector<CharSpan> after;
  while (field.size() > 1 && is_punctuation(field.front())) {
    words.push_back({at, at + 1});
    field.remove_prefix(1);
    ++at;
  }
  std::int64_t end = at + code_points(field);
  while (field.size() > 1 && is_punctuation(field.back())) {
    after.push_back({end - 1, end});
    field.remove_suffix(1);
    --end;
  }
  words.push_back({at, end});
  words.insert(words.end(), after.rbegin(), after.rend());
}

HarvestUnit unit_for(const ProbeOrigin& origin, std::optional<HarvestUnit> wanted) {
  const HarvestUnit own = *parse_harvest_unit(origin.unit);
  const HarvestUnit unit = wanted.value_or(own);
  if ((unit == HarvestUnit::sentence) != (own == HarvestUnit::sentence)) {
    throw UsageError("the probe was trained on " + origin.unit + "s; it cannot label " +
                     to_string(unit) + "s");
  }
  return unit;
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

std::vector<CharSpan> simple_words(const std::string& text) {
  std::vector<CharSpan> words;
  const auto fields = split_blanks(text);
  const std::vector<std::string> forms(fields.begin(), fields.end());
  const std::vector<CharSpan> spans = place_words(text, forms, "the text");
  for (std::size_t i = 0; i < forms.size(); ++i) add_words(forms[i], spans[i].begin, words);
  return words;
}

ProbeLabels apply_probe(Session& session, const SavedProbe& saved, const std::string& text,
                        std::optional<HarvestUnit> wanted) {
  const ProbeOrigin& origin = saved.origin;
  if (model_sha256(session.identity()) != origin.model_sha256) {
    throw FormatError(origin.model_name, "is the model of this probe, with the SHA-256 " +
                                             origin.model_sha256 + "; " + session.identity().name +
                                             " is another");
  }
  if (split_blanks(text).empty()) throw UsageError("there is no text to label");
  const Site site = *parse_site(origin.site);
  const HarvestUnit unit = unit_for(origin, wanted);
  HarvestOptions options{
      .sites = {site},
      .unit = unit,
      .pooling = unit == HarvestUnit::token ? Pooling::last : *parse_pooling(origin.pooling),
      .special_tokens = origin.special_tokens ? SpecialTokens::add : SpecialTokens::none};
  ListedCorpus corpus = corpus_of(text, unit);
  const HarvestChoices choices = harvest_choices(corpus.info(), options);
  const HarvestWindow window = read_window(session, corpus, options, 0, 1);
  if (window.rows == 0) throw UsageError("the text has nothing to label");
  const std::vector<Tensor> states =
      harvest_states(session, window, options.sites, choices, corpus.info(), {});
  const TensorView<const float, 2> rows = states[0].view<2>();
  ProbeLabels result{.provenance = provenance_of(session),
                     .probe = {},
                     .column = origin.column,
                     .site = origin.site,
                     .unit = to_string(unit),
                     .pooling = to_string(*options.pooling),
                     .classes = saved.probe.classes,
                     .text = text,
                     .labels = {}};
  const bool real = result.classes.empty();
  const std::vector<double> numbers =
      real ? saved.probe.scores(rows) : saved.probe.probabilities(rows);
  const std::int64_t outputs = saved.probe.outputs();
  const HarvestSentence& sentence = window.sentences[0];
  for (std::size_t i = 0; i < sentence.rows.size(); ++i) {
    ProbeLabel& label = result.labels.emplace_back();
    const CharSpan span = sentence.rows[i].span.value_or(CharSpan{0, code_points(text)});
    label.form = slice(text, span);
    label.char_begin = span.begin;
    label.char_end = span.end;
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(i) * outputs;
    if (real) {
      label.value = *first;
      continue;
    }
    label.probabilities.assign(first, first + outputs);
    label.label =
        result.classes[std::ranges::max_element(label.probabilities) - label.probabilities.begin()];
  }
  return result;
}

}  // namespace headlens
