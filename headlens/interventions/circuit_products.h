#pragma once

#include <vector>

#include "headlens/interventions/circuit_graph.h"
#include "headlens/interventions/head_writers.h"
#include "headlens/models/base_run.h"
#include "headlens/models/block/block_products.h"
#include "headlens/models/model.h"

namespace headlens {

/// The products of runs that keep only the edges of a circuit: every receiver has a residual stream
/// of its own, the corrupt run's plus what its kept senders write otherwise in this run. Nodes that
/// nothing flows through cost nothing. One thread's, for one batch of whole sequences.
class CircuitProducts : public BlockProducts {
 public:
  /// One sequence of the batch.
  struct Run {
    const Circuit* circuit;
    const BaseRun* clean;    ///< whose embeddings come in
    const BaseRun* corrupt;  ///< with its products recorded
    std::int64_t start;      ///< position of its first row; before it both runs are equal
  };

  CircuitProducts(const Model& model, const CircuitGraph& graph, const HeadWriters& writers,
                  std::vector<Run> runs);

  /// Ignores the residual stream that it is told. The last block's mlp_out leaves in y what the
  /// end reads.
  void multiply(BlockProduct product, int layer, const RowBatch& batch, Range chunk, const float* x,
                float* y, bool accumulate) override;

  /// Bytes for each row of a batch.
  static std::int64_t row_bytes(const CircuitGraph& graph, std::int64_t d_model);

 private:
  /// A row of the chunk at hand.
  struct Row {
    const Run* run;
    std::int64_t position;
    std::int64_t in_chunk;
    std::int64_t stored;  ///< where its differences lie
  };

  std::vector<Row> rows_of(const RowBatch& batch, Range chunk) const;
  template <typename Chooses>
  static std::vector<Row> chosen(const std::vector<Row>& rows, const Chooses& chooses);

  void read_heads(int layer, const std::vector<Row>& rows, float* qkv);
  void read_head(int layer, ReceiverKind kind, int head, const std::vector<Row>& rows, float* qkv);
  void write_heads(int layer, const std::vector<Row>& rows, const float* z);
  void read_mlp(int layer, const std::vector<Row>& rows, float* mlp_in);
  void write_mlp(int layer, const std::vector<Row>& rows, const float* mlp_post);
  void read_end(const std::vector<Row>& rows, float* residual) const;

  float* difference(const Row& row, int sender) {
    return differences_.data() + (row.stored * n_senders_ + sender) * d_model_;
  }
  const float* difference(const Row& row, int sender) const {
    return differences_.data() + (row.stored * n_senders_ + sender) * d_model_;
  }
  float* total(const Row& row) { return totals_.data() + row.stored * d_model_; }
  void add_to_totals(int layer, bool heads, const std::vector<Row>& rows);
  /// stream += the differences that a receiver reads
  void add_inputs(int receiver, const Row& row, float* stream) const;
  /// What a block's receivers read of the rows, after a norm.
  std::vector<float> normed_inputs(int receiver, int layer, const NormWeights& norm, bool middle,
                                   const std::vector<Row>& rows) const;

  const Model& model_;
  const CircuitGraph& graph_;
  const HeadWriters& writers_;
  std::vector<Run> runs_;
  std::vector<std::int64_t> first_stored_;
  std::int64_t n_senders_, d_model_;
  AlignedBuffer<float> differences_;  ///< [row, sender, d_model]
  AlignedBuffer<float> totals_;       ///< [row, d_model], of all senders that have written
};

}  // namespace headlens
