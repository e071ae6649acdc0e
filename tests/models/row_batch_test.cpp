#include "headlens/models/row_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headlens {
namespace {

const std::vector<TokenSequence> kThree{
    {{10, 11, 12}}, {{20, 21, 22, 23, 24}, {0, 0, 1, 1, 1}}, {{30}}};

std::vector<std::int64_t> padded_rows(const RowBatch& batch) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < batch.rows(); ++row) rows.push_back(batch.padded_row(row));
  return rows;
}

TEST(RowBatch, RowsLieOneSequenceAfterAnother) {
  const RowBatch batch(kThree, PaddingSide::right);
  EXPECT_EQ(batch.rows(), 9);
  EXPECT_EQ(batch.size(), 3);
  EXPECT_EQ(batch.batch_size(), 3);
  EXPECT_EQ(batch.padded_length(), 5);
  EXPECT_TRUE(batch.has_padding());
  EXPECT_EQ(batch.id(3), 20);
  EXPECT_EQ(batch.id(8), 30);
  EXPECT_EQ(batch.position(7), 4);
  EXPECT_EQ(batch.position(8), 0);
  EXPECT_EQ(batch.type_id(2), 0);
  EXPECT_EQ(batch.type_id(5), 1);
  EXPECT_EQ(batch.sequences()[2].first_row, 8);
  EXPECT_EQ(batch.sequences()[2].length, 1);
}

TEST(RowBatch, RightPaddingComesAfter) {
  const RowBatch batch(kThree, PaddingSide::right);
  EXPECT_THAT(padded_rows(batch), testing::ElementsAre(0, 1, 2, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(batch.padded_offset(2), 0);
}

TEST(RowBatch, LeftPaddingComesBefore) {
  const RowBatch batch(kThree, PaddingSide::left);
  EXPECT_THAT(padded_rows(batch), testing::ElementsAre(2, 3, 4, 5, 6, 7, 8, 9, 14));
  EXPECT_EQ(batch.padded_offset(0), 2);
  EXPECT_EQ(batch.padded_offset(1), 0);
  EXPECT_EQ(batch.padded_offset(2), 4);
  EXPECT_EQ(batch.position(0), 0) << "padding is no position";
}

TEST(RowBatch, PartsKeepTheirPlacesInTheWhole) {
  for (const PaddingSide side : {PaddingSide::right, PaddingSide::left}) {
    const RowBatch batch(kThree, side);
    for (std::int64_t first = 0; first < 3; ++first) {
      for (std::int64_t count = 1; first + count <= 3; ++count) {
        const RowBatch part = batch.part(first, count);
        const std::int64_t offset = batch.sequences()[first].first_row;
        EXPECT_EQ(part.size(), count);
        EXPECT_EQ(part.batch_size(), 3);
        EXPECT_EQ(part.padded_length(), 5);
        for (std::int64_t row = 0; row < part.rows(); ++row) {
          EXPECT_EQ(part.id(row), batch.id(offset + row));
          EXPECT_EQ(part.type_id(row), batch.type_id(offset + row));
          EXPECT_EQ(part.position(row), batch.position(offset + row));
          EXPECT_EQ(part.padded_row(row), batch.padded_row(offset + row));
        }
        for (std::int64_t s = 0; s < count; ++s) {
          EXPECT_EQ(part.batch_index(s), first + s);
          EXPECT_EQ(part.padded_offset(s), batch.padded_offset(first + s));
          EXPECT_EQ(part.sequences()[s].first_row, batch.sequences()[first + s].first_row - offset);
        }
      }
    }
  }
}

TEST(RowBatch, PartsOfPartsDoToo) {
  const RowBatch part = RowBatch(kThree, PaddingSide::left).part(1, 2).part(1, 1);
  EXPECT_EQ(part.rows(), 1);
  EXPECT_EQ(part.batch_index(0), 2);
  EXPECT_EQ(part.padded_offset(0), 4);
}

TEST(RowBatch, SelectedRowsKeepTheirPlacesInTheWhole) {
  const RowBatch batch(kThree, PaddingSide::left);
  const std::vector<std::int64_t> rows{0, 2, 5};
  const RowBatch part = batch.part(1, 2), selection = part.selection(rows);
  ASSERT_EQ(selection.rows(), 3);
  EXPECT_EQ(selection.padded_length(), 5);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(selection.id(i), part.id(rows[i]));
    EXPECT_EQ(selection.position(i), part.position(rows[i]));
    EXPECT_EQ(selection.padded_row(i), part.padded_row(rows[i]));
    EXPECT_EQ(selection.whole_row(i), 3 + rows[i]);
  }
}

TEST(RowBatch, EqualLengthsNeedNoPadding) {
  const RowBatch batch({{{1, 2}}, {{3, 4}}}, PaddingSide::left);
  EXPECT_FALSE(batch.has_padding());
  EXPECT_THAT(padded_rows(batch), testing::ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace headlens
