#include "headlens/formats/conllu.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "headlens/formats/printable.h"
#include "headlens/formats/split_fields.h"

namespace headlens {
namespace {

enum Column { kId, kForm, kLemma, kUpos, kXpos, kFeatures, kHead, kDeprel, kDeps, kMisc, kColumns };

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 && !text.empty() ? std::optional(number) : std::nullopt;
}

std::string unless_open(std::string_view field) { return std::string(field == "_" ? "" : field); }

bool has_space_after(std::string_view misc) {
  const std::vector<std::string_view> entries = split_fields(misc, '|');
  return std::ranges::find(entries, "SpaceAfter=No") == entries.end();
}

/// How many words the multiword tokens so far cover.
std::size_t covered_words(const ConlluSentence& sentence) {
  return sentence.tokens.empty()
             ? 0
             : sentence.tokens.back().first_word + sentence.tokens.back().word_count;
}

}  // namespace

std::optional<std::string> ConlluWord::feature(std::string_view name) const {
  for (const std::string_view entry : split_fields(features, '|')) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos && entry.substr(0, equals) == name) {
      return std::string(entry.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::optional<ConlluSentence> ConlluReader::next() {
  ConlluSentence sentence;
  while (const auto line = lines_.next()) {
    if (line->empty()) {
      if (sentence.line != 0) break;
      continue;
    }
    if (sentence.line == 0) sentence.line = lines_.line();
    if (line->starts_with('#')) {
      add_comment(*line, sentence);
    } else {
      add_row(*line, sentence);
    }
  }
  if (sentence.line == 0) return std::nullopt;
  sentence.document = document_;
  finish(sentence);
  return sentence;
}

void ConlluReader::add_comment(std::string_view comment, ConlluSentence& sentence) {
  if (!sentence.words.empty()) lines_.fail("a comment after the sentence's first word");
  comment.remove_prefix(1);
  const std::size_t equals = comment.find('=');
  const auto trimmed = [](std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
  };
  const std::string_view key = trimmed(comment.substr(0, equals));
  const std::string value(equals == std::string_view::npos ? ""
                                                           : trimmed(comment.substr(equals + 1)));
  if (key == "sent_id") sentence.sent_id = value;
  if (key == "text") sentence.text = value;
  if (key == "newdoc" || key == "newdoc id") {
    ++documents_;
    document_ = value.empty() ? fmt::format("document {}", documents_) : value;
  }
}

void ConlluReader::add_row(std::string_view row, ConlluSentence& sentence) {
  const std::vector<std::string_view> fields = split_fields(row, '\t');
  if (fields.size() != kColumns) {
    lines_.fail(fmt::format("{} columns instead of the ten of CoNLL-U", fields.size()));
  }
  if (std::ranges::any_of(fields, [](std::string_view field) { return field.empty(); })) {
    lines_.fail("an empty column; CoNLL-U writes _ for what is left open");
  }
  if (fields[kId].find('-') != std::string_view::npos) {
    add_multiword(fields, sentence);
  } else if (fields[kId].find('.') != std::string_view::npos) {
    add_empty_node(fields, sentence);
  } else {
    add_word(fields, sentence);
  }
}

void ConlluReader::add_word(const std::vector<std::string_view>& fields, ConlluSentence& sentence) {
  const std::size_t number = sentence.words.size() + 1;
  if (parse_number(fields[kId]) != static_cast<int>(number)) {
    lines_.fail(fmt::format("word {} where word {} comes next", printable(fields[kId]), number));
  }
  ConlluWord word{.form = std::string(fields[kForm]),
                  .lemma = std::string(fields[kLemma]),
                  .upos = unless_open(fields[kUpos]),
                  .xpos = unless_open(fields[kXpos]),
                  .features = unless_open(fields[kFeatures]),
                  .head = parse_number(fields[kHead]),
                  .deprel = unless_open(fields[kDeprel]),
                  .deps = unless_open(fields[kDeps]),
                  .misc = unless_open(fields[kMisc]),
                  .line = lines_.line()};
  if (!word.head && fields[kHead] != "_") {
    lines_.fail("the head " + printable(fields[kHead]) + " is no number");
  }
  for (const std::string_view entry : split_fields(word.features, '|')) {
    if (!word.features.empty() && entry.find('=') == std::string_view::npos) {
      lines_.fail("the feature " + printable(entry) + " is not NAME=VALUE");
    }
  }
  if (covered_words(sentence) < number) {
    sentence.tokens.push_back({word.form, number - 1, 1, has_space_after(word.misc)});
  }
  sentence.words.push_back(std::move(word));
}

void ConlluReader::add_multiword(const std::vector<std::string_view>& fields,
                                 ConlluSentence& sentence) {
  const std::size_t dash = fields[kId].find('-');
  const auto first = parse_number(fields[kId].substr(0, dash));
  const auto last = parse_number(fields[kId].substr(dash + 1));
  const auto next = static_cast<int>(sentence.words.size()) + 1;
  if (!first || !last || *last <= *first) {
    lines_.fail(printable(fields[kId]) + " is no range of words");
  }
  if (*first != next || covered_words(sentence) >= static_cast<std::size_t>(next)) {
    lines_.fail(fmt::format("the multiword token {} where word {} comes next",
                            printable(fields[kId]), next));
  }
  sentence.tokens.push_back({std::string(fields[kForm]), sentence.words.size(),
                             static_cast<std::size_t>(*last - *first) + 1,
                             has_space_after(fields[kMisc])});
}

void ConlluReader::add_empty_node(const std::vector<std::string_view>& fields,
                                  ConlluSentence& sentence) {
  const std::size_t dot = fields[kId].find('.');
  const auto after = parse_number(fields[kId].substr(0, dot));
  const auto index = parse_number(fields[kId].substr(dot + 1));
  const bool first_here =
      sentence.empty_nodes.empty() || sentence.empty_nodes.back().after != after;
  const int expected = first_here ? 1 : sentence.empty_nodes.back().index + 1;
  if (after != static_cast<int>(sentence.words.size()) || index != expected) {
    lines_.fail(fmt::format("the empty node {} where {}.{} comes next", printable(fields[kId]),
                            sentence.words.size(), expected));
  }
  sentence.empty_nodes.push_back({*after, *index, std::string(fields[kForm])});
}

void ConlluReader::finish(const ConlluSentence& sentence) const {
  if (sentence.words.empty()) lines_.fail_at(sentence.line, "a sentence without a word");
  const std::size_t count = sentence.words.size();
  if (covered_words(sentence) > count) {
    lines_.fail_at(sentence.words.back().line, "the sentence ends within a multiword token");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const ConlluWord& word = sentence.words[i];
    if (!word.head) continue;
    if (static_cast<std::size_t>(*word.head) > count) {
      lines_.fail_at(word.line, fmt::format("the head is word {}, but the sentence has {}",
                                            *word.head, count));
    }
    if (static_cast<std::size_t>(*word.head) == i + 1) {
      lines_.fail_at(word.line, "the word is its own head");
    }
  }
}

}  // namespace headlens
