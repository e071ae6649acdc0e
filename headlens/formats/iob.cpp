#include "headlens/formats/iob.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/formats/printable.h"
#include "headlens/formats/split_fields.h"

namespace headlens {
namespace {

constexpr std::string_view kAssigns = " = ";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

IobColumns columns_of(const std::vector<std::string_view>& first_line) {
  if (first_line.size() > 2 && first_line[0] == "1") return {.token = 1, .tag = 2};
  return {.token = 0, .tag = std::max<std::size_t>(first_line.size(), 2) - 1};
}

}  // namespace

std::optional<IobSentence> IobReader::next() {
  IobSentence sentence;
  while (const auto line = lines_.next()) {
    if (is_blank(*line)) {
      if (!sentence.tokens.empty()) break;
    } else if (!add_comment(*line, sentence)) {
      add_token(*line, sentence);
    }
  }
  if (sentence.tokens.empty()) return std::nullopt;
  sentence.document = document_;
  return sentence;
}

bool IobReader::add_comment(std::string_view line, IobSentence& sentence) {
  if (line.starts_with("-DOCSTART-")) {
    document_ = fmt::format("document {}", ++documents_);
    return true;
  }
  // A token may be "#": a comment has no columns between tabs.
  const std::size_t assigns = line.find(kAssigns);
  const bool is_comment = line.starts_with("# ") && line.find('\t') == std::string_view::npos &&
                          (assigns != std::string_view::npos || line.starts_with("# new"));
  if (!is_comment || assigns == std::string_view::npos) return is_comment;
  const std::string_view key = line.substr(2, assigns - 2);
  const std::string value(line.substr(assigns + kAssigns.size()));
  if (key == "sent_id") sentence.id = value;
  if (key == "text") sentence.text = value;
  if (key == "newdoc id") document_ = value;
  return true;
}

void IobReader::add_token(std::string_view line, IobSentence& sentence) {
  const bool has_tabs = line.find('\t') != std::string_view::npos;
  const std::vector<std::string_view> fields =
      has_tabs ? split_fields(line, '\t') : split_blanks(line);
  if (!columns_) columns_ = columns_of(fields);
  const std::size_t needed = std::max(columns_->token, columns_->tag) + 1;
  if (fields.size() < needed) {
    lines_.fail(fmt::format("{} columns, but the tokens and tags are in columns {} and {}",
                            fields.size(), columns_->token + 1, columns_->tag + 1));
  }
  const std::string_view form = fields[columns_->token], tag = fields[columns_->tag];
  if (is_blank(form)) lines_.fail("a tag without a token");
  check_tag(tag, sentence);
  if (sentence.tokens.empty()) sentence.line = lines_.line();
  sentence.tokens.push_back({std::string(form), std::string(tag), lines_.line()});
}

void IobReader::check_tag(std::string_view tag, const IobSentence& sentence) const {
  if (tag == "O") return;
  const bool begins = tag.starts_with("B-"), continues = tag.starts_with("I-");
  if (tag.size() < 3 || (!begins && !continues)) {
    lines_.fail("the tag " + printable(tag) + " is not O, B-TYPE or I-TYPE");
  }
  if (begins) return;
  const std::string_view before =
      sentence.tokens.empty() ? "O" : std::string_view(sentence.tokens.back().tag);
  if (before == "O" || before.substr(2) != tag.substr(2)) {
    lines_.fail(fmt::format("{} continues no entity: before it is {}; IOB2 begins each with B-",
                            printable(tag), printable(before)));
  }
}

}  // namespace headlens
