#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headlens/base/team.h"
#include "headlens/tensor/shape.h"

namespace headlens {

struct BaseRun;

/// On which side shorter sequences are filled up in tensors with a batch axis.
enum class PaddingSide : std::uint8_t { right, left };

/// One sequence's tokens. Empty type_ids mean all zero.
struct TokenSequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids = {};
};

/// Several sequences as the rows of one matrix, one after another, without padding: padding exists
/// only in the shapes that hooks and caches see.
class RowBatch {
 public:
  struct Sequence {
    std::int64_t first_row;
    std::int64_t length;
    /// Position of its first row. What lies before is read from the base run.
    std::int64_t start = 0;
    const BaseRun* base = nullptr;

    std::int64_t end() const { return start + length; }
  };

  /// Neighbouring positions of a run that are computed anew.
  struct Stretch {
    const BaseRun* base;
    Range positions;
  };

  RowBatch(const std::vector<TokenSequence>& sequences, PaddingSide side);
  /// Variants of base runs, which must outlive the batch. It has no padded shape: no hook or cache
  /// can see it.
  explicit RowBatch(const std::vector<Stretch>& stretches);
  /// Some neighbouring sequences as a batch of their own that keeps their places in this batch's
  /// padded tensors.
  RowBatch part(std::int64_t first_sequence, std::int64_t count) const;
  /// Some rows, ascending, without sequences: for stages that take each row for itself. They keep
  /// their places in this batch's tensors.
  RowBatch selection(std::span<const std::int64_t> rows) const;

  std::int64_t rows() const { return static_cast<std::int64_t>(ids_.size()); }
  const std::vector<Sequence>& sequences() const { return sequences_; }
  std::int32_t id(std::int64_t row) const { return ids_[row]; }
  std::int32_t type_id(std::int64_t row) const { return type_ids_[row]; }
  /// Of the token in its own sequence; padding does not count.
  std::int64_t position(std::int64_t row) const { return positions_[row]; }

  std::int64_t size() const { return static_cast<std::int64_t>(sequences_.size()); }

  /// Shape of padded tensors: of the whole batch, for a part too.
  std::int64_t batch_size() const { return batch_size_; }
  std::int64_t padded_length() const { return padded_length_; }
  /// The run that a row is a variant of. Only of stretches.
  const BaseRun* base_of(std::int64_t row) const { return bases_[row]; }
  /// Index of a row in [batch, pos, ...] tensors, batch and pos flattened.
  std::int64_t padded_row(std::int64_t row) const { return padded_rows_[row]; }
  /// Index of a row among those of the whole batch.
  std::int64_t whole_row(std::int64_t row) const {
    return selected_.empty() ? first_row_ + row : selected_[row];
  }
  /// Index of a sequence on the batch axis.
  std::int64_t batch_index(std::int64_t sequence) const { return first_sequence_ + sequence; }
  /// Where a sequence starts on the pos axis.
  std::int64_t padded_offset(std::int64_t sequence) const {
    return padded_rows_[sequences_[sequence].first_row] - batch_index(sequence) * padded_length_;
  }
  bool has_padding() const { return rows() != batch_size_ * padded_length_; }

 private:
  RowBatch() = default;

  std::vector<Sequence> sequences_;
  std::vector<std::int32_t> ids_, type_ids_;
  std::vector<std::int64_t> positions_, padded_rows_;
  std::vector<const BaseRun*> bases_;
  std::vector<std::int64_t> selected_;  ///< whole rows, of a selection
  std::int64_t batch_size_ = 0, padded_length_ = 0, first_sequence_ = 0, first_row_ = 0;
};

}  // namespace headlens
