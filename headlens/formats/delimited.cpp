#include "headlens/formats/delimited.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/formats/split_fields.h"

namespace headlens {

DelimitedForm DelimitedForm::of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  const bool tabs = extension == ".tsv" || extension == ".tab";
  return tabs ? DelimitedForm{.separator = '\t', .quotes = false} : DelimitedForm{};
}

DelimitedReader::DelimitedReader(const std::filesystem::path& path, DelimitedForm form)
    : lines_(path), form_(form) {
  read_header();
}

DelimitedReader::DelimitedReader(std::string text, std::filesystem::path name, DelimitedForm form)
    : lines_(std::move(text), std::move(name)), form_(form) {
  read_header();
}

void DelimitedReader::read_header() {
  std::optional<DelimitedRow> row = next_row();
  if (!row) throw FormatError(path().string(), "is empty: there is no header");
  header_ = std::move(row->fields);
  for (auto name = header_.begin(); name != header_.end(); ++name) {
    if (std::find(header_.begin(), name, *name) != name) {
      lines_.fail_at(row->line, "two columns are called " + printable(*name));
    }
  }
}

std::size_t DelimitedReader::column(std::string_view name) const {
  const auto found = std::ranges::find(header_, name);
  if (found == header_.end()) {
    std::string names;
    for (const std::string& other : header_) {
      if (!other.empty()) names += (names.empty() ? "" : ", ") + other;
    }
    throw UsageError(fmt::format("{} has no column {}; its columns are {}", path().string(),
                                 printable(name), printable(names, 400)));
  }
  return static_cast<std::size_t>(found - header_.begin());
}

std::optional<DelimitedRow> DelimitedReader::next() {
  std::optional<DelimitedRow> row = next_row();
  if (row && row->fields.size() != header_.size()) {
    lines_.fail_at(row->line, fmt::format("fields: {} in the header, {} in this row",
                                          header_.size(), row->fields.size()));
  }
  return row;
}

std::optional<DelimitedRow> DelimitedReader::next_row() {
  std::optional<std::string_view> text = lines_.next();
  while (text && text->empty()) text = lines_.next();
  if (!text) return std::nullopt;
  DelimitedRow row{.line = lines_.line()};
  if (!form_.quotes) {
    for (const std::string_view field : split_fields(*text, form_.separator)) {
      row.fields.emplace_back(field);
    }
    return row;
  }
  std::string line(*text);
  for (std::size_t at = 0;; ++at) {
    std::string& field = row.fields.emplace_back();
    if (at < line.size() && line[at] == '"') {
      read_quoted(line, at, field);
    } else {
      const std::size_t end = std::min(line.find(form_.separator, at), line.size());
      field = line.substr(at, end - at);
      if (field.find('"') != std::string::npos) {
        lines_.fail("a quotation mark within a field that does not begin with one");
      }
      at = end;
    }
    if (at == line.size()) return row;
  }
}

/// Leaves `at` on the separator after the field, or at the end of the line; goes on to further
/// lines where the field does.
void DelimitedReader::read_quoted(std::string& line, std::size_t& at, std::string& field) {
  const std::int64_t opened = lines_.line();
  for (++at;;) {
    const std::size_t quote = line.find('"', at);
    field += line.substr(at, quote == std::string::npos ? quote : quote - at);
    if (field.size() > LineReader::kLongestLine) {
      lines_.fail_at(opened, "a quoted field that is too long; is a quotation mark missing?");
    }
    if (quote == std::string::npos) {
      field += lines_.ending();
      const std::optional<std::string_view> more = lines_.next();
      if (!more) lines_.fail_at(opened, "a quoted field that is never closed");
      line = *more;
      at = 0;
    } else if (quote + 1 < line.size() && line[quote + 1] == '"') {
      field += '"';
      at = quote + 2;
    } else {
      at = quote + 1;
      break;
    }
  }
  if (at < line.size() && line[at] != form_.separator) {
    lines_.fail("text after a field's closing quotation mark");
  }
}

}  // namespace headlens
