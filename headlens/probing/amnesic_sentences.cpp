#include "headlens/probing/amnesic_sentences.h"

#include <algorithm>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/probing/harvest_window.h"
#include "headlens/run/mask_token.h"

namespace headlens {
namespace {

constexpr std::int64_t kWindowRows = 4096;

class SentenceMaker {
 public:
  SentenceMaker(const Session& session, const CorpusInfo& corpus,
                const AmnesicSentenceOptions& options)
      : options_(options),
        choices_(harvest_choices(corpus, options.harvest)),
        column_(static_cast<std::size_t>(std::ranges::find(corpus.columns, options.column) -
                                         corpus.columns.begin())),
        masked_(session.spec().output == OutputKind::masked_token) {
    if (column_ == corpus.columns.size()) {
      throw UsageError(corpus.data.string() + " has no column " + options.column);
    }
    if (masked_) mask_ = mask_token(session);
  }

  bool has_label(const HarvestSentence& sentence) const {
    return std::ranges::any_of(sentence.rows, [&](const HarvestRow& row) {
      return headlens::has_label(row.labels[column_]);
    });
  }

  AmnesicSentence make(const HarvestSentence& from, std::int64_t number) const {
    const Encoding& encoding = from.parts[0];
    AmnesicSentence sentence;
    sentence.tokens = {.ids = encoding.ids, .type_ids = encoding.type_ids};
    const std::vector<std::int32_t> labels = labels_of(from);
    for (std::int64_t t = 0; t < std::ssize(encoding.ids); ++t) {
      const bool is_text = encoding.special[t] == 0;
      if (options_.places == AmnesicPlaces::tokens ? !is_text : labels[t] < 0) continue;
      sentence.positions.push_back(t);
      sentence.labels.push_back(labels[t]);
    }
    if (masked_) {
      ask_masked(encoding, number, sentence);
    } else {
      ask_next(encoding, sentence);
    }
    return sentence;
  }

 private:
  std::int32_t class_of(const HarvestRow& row) const {
    const auto* name = std::get_if<std::string>(&row.labels[column_]);
    if (name == nullptr) return -1;
    const auto place = std::ranges::lower_bound(options_.classes, *name);
    const bool known = place != options_.classes.end() && *place == *name;
    return known ? static_cast<std::int32_t>(place - options_.classes.begin()) : -1;
  }

  /// By token; -1 for none.
  std::vector<std::int32_t> labels_of(const HarvestSentence& from) const {
    const Encoding& encoding = from.parts[0];
    std::vector<std::int32_t> labels(encoding.ids.size(), -1);
    for (const HarvestRow& row : from.rows) {
      const bool whole = choices_.unit == HarvestUnit::sentence;
      TokenRange range = whole ? TokenRange{0, std::ssize(encoding.ids)} : row.tokens;
      if (options_.places == AmnesicPlaces::words) {
        if (choices_.pooling == Pooling::last) range.begin = range.end - 1;
        if (choices_.pooling == Pooling::first) range.end = range.begin + 1;
      }
      for (std::int64_t t = range.begin; t < range.end; ++t) {
        if (encoding.special[t] == 0) labels[t] = class_of(row);
      }
    }
    return labels;
  }

  static void ask_next(const Encoding& encoding, AmnesicSentence& sentence) {
    for (std::int64_t t = 1; t < std::ssize(encoding.ids); ++t) {
      if (encoding.special[t] != 0) continue;
      sentence.question.positions.push_back(t - 1);
      sentence.question.answer.push_back(encoding.ids[t]);
    }
  }

  void ask_masked(const Encoding& encoding, std::int64_t number, AmnesicSentence& sentence) const {
    std::vector<std::int64_t> text;
    for (std::int64_t t = 0; t < std::ssize(encoding.ids); ++t) {
      if (encoding.special[t] == 0) text.push_back(t);
    }
    const auto wanted = static_cast<std::size_t>(
        std::max(1.0, options_.mask_share * static_cast<double>(text.size())));
    // A sentence's masks do not depend on which others there are.
    std::mt19937_64 random(options_.seed + static_cast<std::uint64_t>(number));
    for (std::size_t i = 0; i < std::min(wanted, text.size()); ++i) {
      std::swap(text[i], text[i + random() % (text.size() - i)]);
    }
    text.resize(std::min(wanted, text.size()));
    std::ranges::sort(text);
    for (const std::int64_t t : text) {
      sentence.question.positions.push_back(t);
      sentence.question.answer.push_back(encoding.ids[t]);
      sentence.tokens.ids[t] = mask_;
      // Its label would tell what is asked for.
      const auto place = std::ranges::find(sentence.positions, t);
      if (place != sentence.positions.end()) {
        sentence.labels[place - sentence.positions.begin()] = -1;
      }
    }
  }

  const AmnesicSentenceOptions& options_;
  HarvestChoices choices_;
  std::size_t column_;
  bool masked_;
  std::int32_t mask_ = 0;
};

}  // namespace

std::string to_string(AmnesicPlaces places) {
  return places == AmnesicPlaces::tokens ? "tokens" : "words";
}

std::optional<AmnesicPlaces> parse_amnesic_places(std::string_view name) {
  if (name == "tokens") return AmnesicPlaces::tokens;
  if (name == "words") return AmnesicPlaces::words;
  return std::nullopt;
}

std::vector<AmnesicSentence> read_amnesic_sentences(const Session& session, LabelledCorpus& corpus,
                                                    const AmnesicSentenceOptions& options) {
  if (!session.spec().predicts_tokens()) {
    throw UnsupportedError(session.identity().name +
                           " predicts no tokens, so that erasing a concept has nothing to change; "
                           "use a causal or masked language model");
  }
  if (corpus.info().unit == LabelUnit::pair) {
    throw UsageError("a concept of pairs of texts cannot be erased from one of them");
  }
  const SentenceMaker maker(session, corpus.info(), options);
  std::vector<AmnesicSentence> sentences;
  std::int64_t read = 0, number = 0;
  while (true) {
    const HarvestWindow window = read_window(session, corpus, options.harvest, read, kWindowRows);
    if (window.rows == 0) break;
    read += window.sentences_read;
    for (const HarvestSentence& sentence : window.sentences) {
      if (!maker.has_label(sentence)) continue;
      const std::int64_t here = number++;
      if (options.is_wanted && !options.is_wanted(here)) continue;
      AmnesicSentence made = maker.make(sentence, here);
      if (made.positions.empty() || made.question.positions.empty()) continue;
      sentences.push_back(std::move(made));
    }
  }
  if (sentences.empty()) {
    throw UsageError("no held-out sentence has a label and a token to predict");
  }
  return sentences;
}

}  // namespace headlens
