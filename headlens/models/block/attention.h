#pragma once

#include "headlens/models/block/block_spec.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/row_batch.h"
#include "headlens/models/taps.h"

namespace headlens {

/// Queries that are scored together: their scores stay in L2, and it is a multiple of the rows of
/// the product kernel's tiles, 6 for whole panels and 14 for thinner ones.
inline constexpr std::int64_t kQueryTile = 42;

/// From one query's scores to the next query's in the scratch memory.
std::int64_t scratch_row_floats(const RowBatch::Sequence& sequence);

/// The middle of attention: from rotated q, k and v to z (Vaswani et al. 2017, eq. 1).
class Attention {
 public:
  Attention(const BlockSpec& spec, const RowBatch& batch, const Taps& taps, Workspace& memory,
            Lane& lane, int layer);

  /// Lays the keys or values of some rows out for the products.
  void store_keys(Range rows);
  void store_values(Range rows);

  /// All lanes together: z of every row. Keys and values must be stored and seen by all lanes.
  void run();
  /// The same as far as the taps' scores and patterns go, without z; needs no values.
  void run_pattern_only();

 private:
  /// Some queries of one head of one sequence; positions.
  struct Tile {
    std::int64_t sequence, head;
    Range queries;
  };

  const RowBatch::Sequence& sequence_of(const Tile& tile) const {
    return batch_.sequences()[tile.sequence];
  }
  /// Keys the queries may look at, the first of them and the last of them together.
  Range visible_keys(const Tile& tile) const;
  Range visible_keys(const Tile& tile, std::int64_t query) const;
  /// Row of the tile's first query.
  std::int64_t first_row(const Tile& tile) const;
  std::int64_t kv_head(const Tile& tile) const;
  std::int64_t tiles_per_head(std::int64_t sequence) const;
  Tile tile(std::int64_t index) const;
  std::int64_t tile_count() const;
  template <typename Body>
  void for_each_tile(const Body& body);

  void score(const Tile& tile, float* scores) const;
  void score_panels(const Tile& tile, const KeyValues& keys, std::int64_t first_panel,
                    Range columns, float* scores) const;
  void softmax(const Tile& tile, float* scores) const;
  void softmax_everywhere(const Tile& tile, float* scores) const;
  /// Scores and pattern of a tile, told to the taps; leaves the pattern in scratch.
  void tell_pattern(const Tile& tile, float* scratch) const;
  void weigh_values(const Tile& tile, const float* pattern, bool all_keys) const;
  void add_values(const Tile& tile, const float* pattern, const float* values, std::int64_t count,
                  bool accumulate) const;
  void run_edited();
  void run_row_edited(const RowEdits& edits);
  void mask(const Tile& tile, float* scores) const;

  /// Rows of a tile between its scratch and a [batch, head, query, key] tensor.
  void store(const Tile& tile, const float* scratch, float* tensor, float masked) const;
  void load(const Tile& tile, const float* tensor, float* scratch) const;
  float* tensor_row(const Tile& tile, std::int64_t query, float* tensor) const;
  std::int64_t scratch_stride(const Tile& tile) const {
    return scratch_row_floats(sequence_of(tile));
  }

  const BlockSpec& spec_;
  const RowBatch& batch_;
  const Taps& taps_;
  Workspace& memory_;
  Lane& lane_;
  int layer_;
  Site scores_site_, pattern_site_;
};

}  // namespace headlens
