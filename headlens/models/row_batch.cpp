#include "headlens/models/row_batch.h"

#include <algorithm>

#include "headlens/models/base_run.h"

namespace headlens {

RowBatch::RowBatch(const std::vector<TokenSequence>& sequences, PaddingSide side) {
  for (const TokenSequence& sequence : sequences) {
    padded_length_ = std::max(padded_length_, static_cast<std::int64_t>(sequence.ids.size()));
  }
  for (const TokenSequence& sequence : sequences) {
    const auto length = static_cast<std::int64_t>(sequence.ids.size());
    const std::int64_t pad = side == PaddingSide::left ? padded_length_ - length : 0;
    const std::int64_t start = size() * padded_length_ + pad;
    sequences_.push_back({rows(), length});
    for (std::int64_t i = 0; i < length; ++i) {
      ids_.push_back(sequence.ids[i]);
      type_ids_.push_back(sequence.type_ids.empty() ? 0 : sequence.type_ids[i]);
      positions_.push_back(i);
      padded_rows_.push_back(start + i);
    }
  }
  batch_size_ = size();
}

RowBatch::RowBatch(const std::vector<Stretch>& stretches) {
  for (const auto& [base, positions] : stretches) {
    sequences_.push_back({rows(), positions.size(), positions.begin, base});
    const TokenSequence& tokens = base->tokens;
    for (std::int64_t i = positions.begin; i < positions.end; ++i) {
      ids_.push_back(tokens.ids[i]);
      type_ids_.push_back(tokens.type_ids.empty() ? 0 : tokens.type_ids[i]);
      positions_.push_back(i);
      bases_.push_back(base);
    }
  }
  batch_size_ = size();
}

RowBatch RowBatch::part(std::int64_t first_sequence, std::int64_t count) const {
  RowBatch part;
  part.batch_size_ = batch_size_;
  part.padded_length_ = padded_length_;
  part.first_sequence_ = first_sequence_ + first_sequence;
  const Sequence& first = sequences_[first_sequence];
  part.first_row_ = first_row_ + first.first_row;
  const Sequence& last = sequences_[first_sequence + count - 1];
  for (std::int64_t s = first_sequence; s < first_sequence + count; ++s) {
    part.sequences_.push_back({sequences_[s].first_row - first.first_row, sequences_[s].length});
  }
  const auto take = [&](const auto& all) {
    return std::decay_t<decltype(all)>(all.begin() + first.first_row,
                                       all.begin() + last.first_row + last.length);
  };
  part.ids_ = take(ids_);
  part.type_ids_ = take(type_ids_);
  part.positions_ = take(positions_);
  part.padded_rows_ = take(padded_rows_);
  return part;
}

RowBatch RowBatch::selection(std::span<const std::int64_t> rows) const {
  RowBatch selection;
  selection.batch_size_ = batch_size_;
  selection.padded_length_ = padded_length_;
  for (const std::int64_t row : rows) {
    selection.ids_.push_back(ids_[row]);
    selection.type_ids_.push_back(type_ids_[row]);
    selection.positions_.push_back(positions_[row]);
    selection.padded_rows_.push_back(padded_rows_[row]);
    selection.selected_.push_back(whole_row(row));
  }
  return selection;
}

}  // namespace headlens
