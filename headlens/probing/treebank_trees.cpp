#include "headlens/probing/treebank_trees.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "headlens/base/errors.h"
#include "headlens/formats/line_reader.h"
#include "headlens/learn/dependency_tree.h"
#include "headlens/probing/probe_data.h"

namespace headlens {
namespace {

std::size_t column(const HarvestManifest& manifest, const std::string& name) {
  const auto& columns = manifest.work.corpus.columns;
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end() || manifest.work.unit != HarvestUnit::word) {
    throw UsageError("trees need a harvest of words with the columns head and upos");
  }
  return static_cast<std::size_t>(found - columns.begin());
}

struct Sentence {
  std::int64_t line = 0;
  std::vector<std::int32_t> heads;
  std::vector<std::uint8_t> kept;
  std::vector<std::string> forms;
};

Sentence read_sentence(std::span<const HarvestedRow> rows, std::size_t head, std::size_t upos,
                       const std::filesystem::path& file) {
  Sentence sentence{rows[0].line, {}, {}, {}};
  for (const HarvestedRow& row : rows) {
    const auto* number = std::get_if<double>(&row.labels[head]);
    if (number == nullptr) {
      throw FormatError(place_of(file, row.line), "has a word without a head");
    }
    const auto* tag = std::get_if<std::string>(&row.labels[upos]);
    sentence.heads.push_back(static_cast<std::int32_t>(*number));
    sentence.kept.push_back(tag == nullptr || *tag != "PUNCT");
    sentence.forms.push_back(row.form);
  }
  try {
    check_tree(sentence.heads);
  } catch (const UsageError& error) {
    throw FormatError(place_of(file, sentence.line), error.what());
  }
  return sentence;
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from, std::int64_t begin, std::int64_t end) {
  to.insert(to.end(), from.begin() + begin, from.begin() + end);
}

}  // namespace

Trees trees_of(const Harvest& harvest, LabelledCorpus& corpus, std::int64_t& skipped) {
  const HarvestManifest& manifest = harvest.manifest();
  const std::size_t head = column(manifest, "head"), upos = column(manifest, "upos");
  std::map<std::int64_t, std::size_t> n_words;  // by line
  while (const std::optional<LabelledSentence> sentence = corpus.next()) {
    n_words[sentence->line] = sentence->words.size();
  }
  const std::vector<HarvestedRow> rows = harvest.read_rows();
  Trees trees;
  for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
    while (end < rows.size() && rows[end].sentence == rows[first].sentence) ++end;
    if (end - first != n_words[rows[first].line]) continue;
    const Sentence sentence = read_sentence(std::span(rows).subspan(first, end - first), head, upos,
                                            manifest.work.corpus.data);
    append(trees.heads, sentence.heads, 0, std::ssize(sentence.heads));
    append(trees.kept, sentence.kept, 0, std::ssize(sentence.kept));
    append(trees.forms, sentence.forms, 0, std::ssize(sentence.forms));
    for (std::size_t row = first; row < end; ++row) {
      trees.rows.push_back(static_cast<std::int64_t>(row));
    }
    trees.lines.push_back(sentence.line);
    trees.begins.push_back(trees.n_words());
  }
  skipped = static_cast<std::int64_t>(n_words.size()) - trees.n_sentences();
  if (trees.n_sentences() == 0) {
    throw UsageError(fmt::format("no sentence of {} has a state for each of its words",
                                 manifest.work.corpus.data.string()));
  }
  return trees;
}

Trees select_trees(const Trees& trees, std::span<const std::int64_t> sentences) {
  Trees some;
  for (const std::int64_t s : sentences) {
    const std::int64_t begin = trees.begins[s], end = trees.begins[s + 1];
    append(some.heads, trees.heads, begin, end);
    append(some.kept, trees.kept, begin, end);
    append(some.forms, trees.forms, begin, end);
    append(some.rows, trees.rows, begin, end);
    some.lines.push_back(trees.lines[s]);
    some.begins.push_back(some.n_words());
  }
  return some;
}

Tensor states_of(const Trees& trees, const Harvest& harvest, Site site) {
  const Tensor all = harvest.read_states(site);
  return gather_rows(all.view<2>(), trees.rows);
}

}  // namespace headlens
