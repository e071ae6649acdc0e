#include "headlens/probing/harvest_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/formats/line_reader.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

constexpr const char* kAdvice = "; such can be skipped (--skip)";

class WindowReader {
 public:
  WindowReader(const Session& session, const CorpusInfo& corpus, const HarvestOptions& options,
               HarvestWindow& window)
      : session_(session),
        corpus_(corpus),
        options_(options),
        choices_(harvest_choices(corpus, options)),
        window_(window) {}

  void add(LabelledSentence source, std::int64_t index) {
    HarvestSentence sentence{.index = index, .source = std::move(source)};
    if (!encode(sentence)) {
      ++window_.skipped_sentences;
      return;
    }
    add_rows(sentence);
    sentence.source.words.clear();
    if (sentence.rows.empty()) return;
    window_.rows += std::ssize(sentence.rows);
    for (const Encoding& part : sentence.parts) window_.tokens += std::ssize(part.ids);
    window_.sentences.push_back(std::move(sentence));
  }

 private:
  [[noreturn]] void fail(std::int64_t line, const std::string& problem) const {
    throw FormatError(place_of(corpus_.data, line), problem);
  }

  /// False if the sentence is to be skipped.
  bool encode(HarvestSentence& sentence) const {
    const LabelledSentence& source = sentence.source;
    sentence.parts.push_back(session_.tokenizer().encode(source.text, options_.special_tokens));
    if (choices_.parts == 2) {
      sentence.parts.push_back(
          session_.tokenizer().encode(source.second_text, options_.special_tokens));
    }
    for (const Encoding& part : sentence.parts) {
      const std::int64_t length = std::ssize(part.ids), most = session_.spec().n_context;
      const bool has_text = std::ranges::count(part.special, 0) > 0;
      if (has_text && length <= most) continue;
      if (options_.skip_unfit) return false;
      fail(source.line, has_text ? fmt::format("{} tokens, but {} takes at most {}{}", length,
                                               session_.identity().name, most, kAdvice)
                                 : fmt::format("the text has no token for this model{}", kAdvice));
    }
    if (choices_.pooling == Pooling::cls && sentence.parts[0].special[0] == 0) {
      throw UsageError("pooling cls needs a tokenizer that puts a special token first; that of " +
                       session_.identity().name + " does not");
    }
    return true;
  }

  void add_rows(HarvestSentence& sentence) {
    switch (choices_.unit) {
      case HarvestUnit::word:
        return add_words(sentence);
      case HarvestUnit::token:
        return add_tokens(sentence);
      case HarvestUnit::sentence:
        if (is_wanted(sentence.source.labels)) {
          sentence.rows.push_back({.tokens = {}, .span = {}, .labels = sentence.source.labels});
        }
    }
  }

  /// Where there are columns, what has no label in any of them is not harvested.
  bool is_wanted(const std::vector<Label>& labels) const {
    return corpus_.columns.empty() || std::ranges::any_of(labels, has_label);
  }

  void add_words(HarvestSentence& sentence) {
    std::vector<CharSpan> spans;
    for (const LabelledWord& word : sentence.source.words) spans.push_back(word.span);
    const std::vector<TokenRange> ranges = align_words(sentence.parts[0], spans);
    for (std::size_t i = 0; i < spans.size(); ++i) {
      LabelledWord& word = sentence.source.words[i];
      if (!is_wanted(word.labels)) continue;
      if (!ranges[i].empty()) {
        sentence.rows.push_back({ranges[i], word.span, std::move(word.labels)});
        continue;
      }
      ++window_.skipped_words;
      if (options_.skip_unfit) continue;
      fail(word.line, fmt::format("the word {} has no token in this model{}",
                                  printable(slice(sentence.source.text, word.span)), kAdvice));
    }
  }

  void add_tokens(HarvestSentence& sentence) const {
    const Encoding& encoding = sentence.parts[0];
    const bool labels_words = corpus_.unit == LabelUnit::word;
    std::vector<std::vector<Label>> labels(
        encoding.ids.size(),
        labels_words ? std::vector<Label>(corpus_.columns.size()) : sentence.source.labels);
    if (labels_words) {
      std::vector<CharSpan> spans;
      for (const LabelledWord& word : sentence.source.words) spans.push_back(word.span);
      const std::vector<TokenRange> ranges = align_words(encoding, spans);
      // Backwards, so that of several words of a token the first one's labels stay.
      for (std::size_t i = spans.size(); i-- > 0;) {
        for (std::int64_t t = ranges[i].begin; t < ranges[i].end; ++t) {
          labels[t] = sentence.source.words[i].labels;
        }
      }
    }
    for (std::int64_t t = 0; t < std::ssize(encoding.ids); ++t) {
      if (encoding.special[t] != 0) continue;
      sentence.rows.push_back({{t, t + 1}, encoding.spans[t], std::move(labels[t])});
    }
  }

  const Session& session_;
  const CorpusInfo& corpus_;
  const HarvestOptions& options_;
  HarvestChoices choices_;
  HarvestWindow& window_;
};

}  // namespace

HarvestChoices harvest_choices(const CorpusInfo& corpus, const HarvestOptions& options) {
  const bool words = corpus.unit == LabelUnit::word;
  const HarvestUnit unit = options.unit.value_or(words ? HarvestUnit::word : HarvestUnit::sentence);
  if (unit == HarvestUnit::word && !words) {
    throw UsageError("there are no words to harvest: the data label whole sentences");
  }
  if (unit == HarvestUnit::sentence && words) {
    throw UsageError("there are no sentences to harvest: the data label words");
  }
  if (unit == HarvestUnit::token && corpus.unit == LabelUnit::pair) {
    throw UsageError("tokens of pairs cannot be harvested");
  }
  const bool sentences = unit == HarvestUnit::sentence;
  const Pooling pooling = options.pooling.value_or(sentences ? Pooling::mean : Pooling::last);
  if (pooling == Pooling::cls && !sentences) {
    throw UsageError("pooling cls is for sentences; words have last, first, mean and max");
  }
  return {unit, pooling, corpus.unit == LabelUnit::pair ? 2 : 1};
}

HarvestWindow read_window(const Session& session, LabelledCorpus& corpus,
                          const HarvestOptions& options, std::int64_t first_sentence,
                          std::int64_t most_rows) {
  HarvestWindow window;
  WindowReader reader(session, corpus.info(), options, window);
  while (window.rows < most_rows && window.tokens < options.shard_tokens) {
    std::optional<LabelledSentence> sentence = corpus.next();
    if (!sentence) break;
    reader.add(std::move(*sentence), first_sentence + window.sentences_read++);
  }
  return window;
}

}  // namespace headlens
