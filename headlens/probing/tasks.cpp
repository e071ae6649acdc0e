#include "headlens/probing/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "headlens/base/errors.h"
#include "headlens/formats/printable.h"
#include "headlens/probing/bigram_shift.h"
#include "headlens/probing/entity_corpus.h"
#include "headlens/probing/grammar_corpus.h"
#include "headlens/probing/json_lines_corpus.h"
#include "headlens/probing/lab_corpus.h"
#include "headlens/probing/sentence_boundary.h"
#include "headlens/probing/table_corpus.h"
#include "headlens/probing/text_corpus.h"
#include "headlens/probing/tree_labels.h"
#include "headlens/probing/treebank_corpus.h"

namespace headlens {
namespace {

using Corpus = std::unique_ptr<LabelledCorpus>;

constexpr const char* kTreebank = ".conllu";

void need_file(const CorpusRequest& request, std::string_view kind) {
  if (request.data.empty()) {
    throw UsageError(fmt::format("the task {} needs data: give a {} file", request.task, kind));
  }
}

void need_treebank(const CorpusRequest& request) {
  need_file(request, kTreebank);
  if (request.data.extension() != kTreebank) {
    throw UsageError(fmt::format("the task {} needs a treebank, a .conllu file, not {}",
                                 request.task, request.data.string()));
  }
}

TableColumns table_columns(const CorpusRequest& request) {
  TableColumns columns{.text = request.text_column,
                       .second_text = request.second_text_column,
                       .labels = request.columns,
                       .real_values = request.real_values};
  if (request.where.empty()) return columns;
  const std::size_t equals = request.where.find('=');
  if (equals == std::string::npos) {
    throw UsageError("rows are chosen by COLUMN=VALUE, not by " + printable(request.where));
  }
  columns.where = {request.where.substr(0, equals), request.where.substr(equals + 1)};
  return columns;
}

Corpus sarcasm_corpus(const CorpusRequest& request) {
  need_file(request, ".csv (iSarcasmEval's train.En.csv)");
  TableColumns columns = table_columns(request);
  columns.text = "tweet";
  columns.labels = {"sarcastic"};
  return std::make_unique<TableCorpus>(request.data, columns, request.task);
}

struct BuiltIn {
  std::string_view task, column;
};
constexpr std::array<BuiltIn, 4> kGrammarTasks = {{{"grammar-pos", "upos"},
                                                   {"grammar-depth", "depth"},
                                                   {"grammar-entities", "entity"},
                                                   {"grammar-coreference", "coreference"}}};

/// Null if the task needs data.
Corpus built_in_corpus(const CorpusRequest& request) {
  const auto grammar = std::ranges::find(kGrammarTasks, request.task, &BuiltIn::task);
  if (grammar == kGrammarTasks.end() && request.task != "lab-pos") return nullptr;
  if (!request.data.empty()) {
    throw UsageError("the task " + request.task + " is built in; it takes no data");
  }
  if (grammar == kGrammarTasks.end()) return lab_corpus();
  return std::make_unique<GrammarCorpus>(
      request.task, std::vector<std::string>{std::string(grammar->column)}, request.seed);
}

Corpus open_task(const CorpusRequest& request) {
  const std::string& task = request.task;
  if (!request.columns.empty()) {
    throw UsageError("a task has its own labels: give a task or columns, not both");
  }
  if (Corpus built_in = built_in_corpus(request)) return built_in;
  if (task == "sarcasm") return sarcasm_corpus(request);
  if (task == "entities") {
    need_file(request, ".iob2 or .conll");
    return std::make_unique<EntityCorpus>(request.data);
  }
  const bool tree_task = is_word_column(task) || is_sentence_column(task);
  if (!tree_task && task != "bigram-shift" && task != "sentence-boundary") {
    std::string names;
    for (const TaskInfo& known : tasks()) names += (names.empty() ? "" : ", ") + known.name;
    throw UsageError(fmt::format("there is no task {}; the tasks are {}", printable(task), names));
  }
  need_treebank(request);
  if (task == "bigram-shift") {
    return std::make_unique<BigramShiftCorpus>(request.data, request.seed);
  }
  if (task == "sentence-boundary") return std::make_unique<SentenceBoundaryCorpus>(request.data);
  return std::make_unique<TreebankCorpus>(request.data, std::vector{task}, task);
}

Corpus open_file(const CorpusRequest& request) {
  const std::string extension = request.data.extension().string();
  if (extension == kTreebank) {
    return std::make_unique<TreebankCorpus>(request.data, request.columns);
  }
  if (extension == ".csv" || extension == ".tsv" || extension == ".tab") {
    return std::make_unique<TableCorpus>(request.data, table_columns(request));
  }
  if (extension == ".jsonl" || extension == ".ndjson") {
    return std::make_unique<JsonLinesCorpus>(request.data, request.columns);
  }
  const std::vector<std::string> entity_extensions = {".iob", ".iob2", ".bio", ".conll"};
  if (std::ranges::find(entity_extensions, extension) != entity_extensions.end()) {
    if (!request.columns.empty() && request.columns != std::vector<std::string>{"entity"}) {
      throw UsageError("the only column of " + request.data.string() + " is entity");
    }
    return std::make_unique<EntityCorpus>(request.data);
  }
  if (extension == ".txt") {
    if (!request.columns.empty()) throw UsageError("a text file has no labels, and no columns");
    return std::make_unique<TextCorpus>(request.data);
  }
  throw UsageError(
      fmt::format("{}: what kind of data is it? Known are .conllu, .iob2, .conll, "
                  ".csv, .tsv, .jsonl and .txt",
                  request.data.string()));
}

}  // namespace

const std::vector<TaskInfo>& tasks() {
  static const std::vector<TaskInfo> list = {
      {"upos", "universal part of speech", kTreebank},
      {"xpos", "language-specific part of speech", kTreebank},
      {"feat:NAME", "a morphological feature, as feat:Tense", kTreebank},
      {"deprel", "relation to the head", kTreebank},
      {"depth", "edges up to the root", kTreebank},
      {"head", "number of the head", kTreebank},
      {"head-distance", "words to the head", kTreebank},
      {"entities", "named entities, IOB2", ".iob2, .conll"},
      {"sentence-boundary", "where sentences of running text end", kTreebank},
      {"sentence-length", "number of words", kTreebank},
      {"tree-depth", "depth of the tree", kTreebank},
      {"tense", "tense of the root", kTreebank},
      {"number", "number of the subject", kTreebank},
      {"object-number", "number of the object", kTreebank},
      {"bigram-shift", "whether two neighbouring words were swapped", kTreebank},
      {"sarcasm", "sarcastic tweets", ".csv (iSarcasmEval)"},
      {"lab-pos", "eight sentences of five words with parts of speech", ""},
      {"grammar-pos", "parts of speech of sentences that a grammar makes", ""},
      {"grammar-depth", "their depth", ""},
      {"grammar-entities", "their persons and places, IOB2", ""},
      {"grammar-coreference", "what their pronouns refer to", ""},
  };
  return list;
}

Corpus open_corpus(const CorpusRequest& request) {
  if (!request.task.empty()) return open_task(request);
  if (request.data.empty()) {
    throw UsageError(
        "what to read? Give a file of data, or a task that is built in: lab-pos or grammar-pos");
  }
  return open_file(request);
}

}  // namespace headlens
