#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "headlens/learn/folds.h"
#include "headlens/probing/harvest.h"
#include "headlens/probing/read_harvest.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// The harvest of a corpus in `folder`, which is made if it is missing: gone on with if it is not
/// whole, read if it is.
/// @param corpus  at its beginning
/// @throws UsageError  if the folder holds other work; else as harvest() and read_harvest()
Harvest harvested(Session& session, LabelledCorpus& corpus, const HarvestOptions& options,
                  const std::filesystem::path& folder);

struct ProbeDataOptions {
  std::string column = {};  ///< of the labels; empty: the only one there is
  /// Classes with fewer rows are left out, of all harvests together; 0 keeps every class.
  std::int64_t min_class_rows = 0;
  /// Only the first rows of each harvest, in whole sentences; 0 takes all.
  std::int64_t max_rows = 0;
};

/// What a probe needs of one or more harvests: rows with one label each, and the states of one
/// site at a time, so that memory is that of one layer. Rows are in the order of the harvests;
/// those without the label are left out. All vectors are [rows()].
class ProbeData {
 public:
  /// @param parts  harvests of one model with the same sites, unit and pooling, such as a training
  ///               and a test file
  /// @throws UsageError   if the column does not exist or must be named, the harvests do not fit
  ///                      together, classes and real values are mixed, there is one class only, or
  ///                      no row is left
  /// @throws FormatError  if a file is damaged
  ProbeData(std::vector<Harvest> parts, const ProbeDataOptions& options = {});

  std::int64_t rows() const { return static_cast<std::int64_t>(part_.size()); }
  const HarvestManifest& manifest(std::size_t part = 0) const { return parts_[part].manifest(); }
  std::size_t n_parts() const { return parts_.size(); }
  const std::string& column() const { return column_; }

  bool has_real_values() const { return !values_.empty(); }
  /// Indices into classes(); empty for real values.
  const std::vector<std::int32_t>& labels() const { return labels_; }
  const std::vector<std::string>& classes() const { return classes_; }  ///< sorted
  /// Real values; empty for classes.
  const std::vector<double>& values() const { return values_; }

  /// Which harvest a row is of, and its place among that harvest's rows.
  const std::vector<std::int32_t>& part() const { return part_; }
  const std::vector<std::int64_t>& harvest_row() const { return harvest_row_; }
  /// Groups, numbered from 0 over all harvests in the order in which they appear. A sentence of a
  /// corpus without documents is its own document.
  const std::vector<std::int32_t>& sentence() const { return sentence_; }
  const std::vector<std::int32_t>& document() const { return document_; }
  /// Rows of the same form have the same type: words as they are written, sentences by their text;
  /// each pair has its own.
  const std::vector<std::int32_t>& word_type() const { return type_; }
  const std::vector<std::string>& type_forms() const { return forms_; }  ///< by type

  std::int64_t unlabelled_rows() const { return unlabelled_rows_; }
  /// Classes that min_class_rows left out, and their rows.
  const std::vector<std::string>& dropped_classes() const { return dropped_classes_; }
  std::int64_t dropped_rows() const { return dropped_rows_; }

  /// [rows(), width]. @throws as Harvest::read_states()
  Tensor states(Site site) const;
  /// Of hidden state `layer`, 0 the embeddings.
  /// @throws UsageError  if it was not harvested; else as above
  Tensor states(int layer) const;

 private:
  struct Collected;
  void collect(std::size_t part, std::int64_t max_rows, Collected& collected);
  void name_classes(Collected& collected, std::int64_t min_class_rows);
  void keep(const std::vector<char>& wanted);

  std::vector<Harvest> parts_;
  std::string column_;
  std::vector<std::int32_t> labels_, part_, sentence_, document_, type_;
  std::vector<double> values_;
  std::vector<std::int64_t> harvest_row_;
  std::vector<std::string> classes_, forms_, dropped_classes_;
  std::int64_t unlabelled_rows_ = 0, dropped_rows_ = 0;
};

/// Rows of a matrix, [rows, width], copied.
Tensor gather_rows(TensorView<const float, 2> states, std::span<const std::int64_t> rows);

}  // namespace headlens
