#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "headlens/probing/labelled_corpus.h"

namespace headlens {

/// One built-in task.
struct TaskInfo {
  std::string name = {};
  std::string about = {};  ///< one line
  std::string data = {};   ///< what kind of file it reads; empty: none, it is built in
};

/// upos, xpos, deprel, feat:NAME, depth, head, head-distance, entities, sentence-boundary,
/// sentence-length, tree-depth, tense, number, object-number, bigram-shift, sarcasm, lab-pos, and
/// grammar-pos, -depth, -entities and -coreference.
const std::vector<TaskInfo>& tasks();

/// What to read with which labels: a task, or the columns of a file.
struct CorpusRequest {
  std::string task = {};            ///< of tasks(); may be empty where columns are given
  std::filesystem::path data = {};  ///< .conllu, .iob/.iob2/.conll/.bio, .csv, .tsv, .jsonl, .txt
  std::vector<std::string> columns = {};
  std::string text_column = "text";  ///< of .csv and .tsv
  std::string second_text_column = {};
  std::string where = {};  ///< "COLUMN=VALUE": only such rows; of .csv and .tsv
  bool real_values = false;
  std::uint64_t seed = 0;  ///< of bigram-shift and the grammar
};

/// @throws UsageError   if there is no such task or column, or the task needs another file
/// @throws FormatError  if the file is missing or is not what its name says
std::unique_ptr<LabelledCorpus> open_corpus(const CorpusRequest& request);

}  // namespace headlens
