#pragma once

#include <optional>
#include <span>

#include "headlens/interventions/variant.h"
#include "headlens/interventions/variant_edits.h"
#include "headlens/models/block/block_products.h"
#include "headlens/models/model_forward.h"

namespace headlens {

/// A variant and where it leaves its base run.
struct PlannedVariant {
  const Variant* variant = nullptr;
  Departure departure = {};
  std::size_t index = 0;  ///< of its value among the sweep's values

  std::int64_t rows() const { return variant->base->length() - departure.position; }
};

/// Runs some variants as one tall batch on one thread, from the first of their layers to the end.
/// A variant joins the batch at its layer; in the last block only the rows that are read go on
/// after attention.
class VariantForward {
 public:
  /// @pre all blocks are loaded
  /// @param products  how products are computed; null: by the model's weights
  VariantForward(const Model& model, Workspace& memory, BlockProducts* products = nullptr);

  /// @param chunk  in the order in which they depart
  /// @return  states after the final norm, a row for each position of each variant's question
  std::span<float> run(std::span<const PlannedVariant> chunk);

 private:
  void reserve(std::span<const PlannedVariant> chunk);
  void reserve(const RowBatch& batch);
  /// Lets the next variants join that depart at this layer, before or after its attention.
  void admit(int layer, bool after_attention);
  void renew_batch();
  void start_rows(std::int64_t first_sequence, int layer, bool after_attention);
  void run_block(int layer);
  /// Drops the rows that no question reads.
  void narrow();
  Range read_positions(const PlannedVariant& planned) const;
  void gather();

  const Model& model_;
  Workspace& memory_;
  BlockProducts* products_;
  Lane lane_;
  std::span<const PlannedVariant> chunk_;
  std::size_t admitted_ = 0;
  std::vector<RowBatch::Stretch> stretches_;
  std::optional<VariantEdits> edits_;
  std::optional<RowBatch> batch_;
  AlignedBuffer<float> states_;
};

}  // namespace headlens
