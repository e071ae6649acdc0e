#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/formats/checkpoint.h"
#include "headlens/models/block/block_weights.h"
#include "headlens/models/model_spec.h"
#include "headlens/models/screening.h"
#include "headlens/models/tensor_names.h"

namespace headlens {

/// What a model's last hidden states go through: the norm and the unembedding of language models,
/// the transform of masked ones, the layers of a classifier. Parts a model lacks are empty.
struct HeadWeights {
  NormWeights final_norm;
  PackedLinear prediction_dense;
  NormWeights prediction_norm;
  PackedLinear unembedding;
  PackedLinear classifier_dense;
  PackedLinear classifier_out;
};

/// Tables that are read row by row, straight from the mapped files.
struct EmbeddingTables {
  StoredTensor token;
  StoredTensor position;  ///< no bytes where there is none
  StoredTensor type;      ///< no bytes where there is none
  NormWeights norm;       ///< empty where there is none
};

/// A model opened by mapping its files. Weights are decoded and packed when they are first needed,
/// block by block, and then kept; the getters may be called from several threads.
class Model {
 public:
  /// @param path  a Hugging Face directory or a .gguf file
  /// @param random_seed  of weights that take the place of the file's (random_weights.h)
  /// @throws FormatError       if files are missing or disagree with one another
  /// @throws UnsupportedError  if the family, a setting or a tensor type is not supported
  static std::unique_ptr<Model> open(const std::filesystem::path& path, Precision precision,
                                     std::optional<std::uint64_t> random_seed = {});

  const ModelSpec& spec() const { return spec_; }
  Precision precision() const { return precision_; }
  const std::filesystem::path& path() const { return path_; }
  const EmbeddingTables& embeddings() const { return embeddings_; }

  /// Packs what a run up to, not including, block `n_blocks` needs, on all threads.
  void load_blocks(int n_blocks, const ProgressCallback& progress = {});
  /// Packs what turns hidden states into outputs.
  void load_head(const ProgressCallback& progress = {});

  /// Packs the unembedding a second time, in bf16, for screening.
  void load_screening();

  /// @pre load_blocks() covered the layer
  const BlockWeights& block(int layer) const { return *blocks_[layer]; }
  /// @pre load_head() was called
  const HeadWeights& head() const { return *head_; }
  /// @pre load_screening() was called
  const Screening& screening() const { return *screening_; }
  /// The norm before the unembedding, which is there without load_head(); empty if none.
  const NormWeights& final_norm() const { return final_norm_; }

  /// One row of a table, decoded.
  /// @param out  as many floats as the table is wide
  static void read_row(const StoredTensor& table, std::int64_t row, float* out);

 private:
  Model() = default;

  std::filesystem::path path_;
  Precision precision_ = Precision::f32;
  ModelSpec spec_;
  ModelNames names_;
  Checkpoint checkpoint_;
  EmbeddingTables embeddings_;
  NormWeights final_norm_;
  std::mutex loading_;
  std::vector<std::unique_ptr<BlockWeights>> blocks_;
  std::unique_ptr<HeadWeights> head_;
  std::unique_ptr<Screening> screening_;
};

}  // namespace headlens
