// SPDX-License-Identifier: GPL-2.0-or-later

#include "store/journal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "store/internal/byte_coding.h"
#include "store/internal/store_rows.h"
#include "tests/support/damage.h"

namespace fovea::testing {
namespace {

const Journal kJournal = {
    42,
    {{Family::kMeta, "n-name", "value"},
     {Family::kBlock, std::string("\0\xFF", 2), std::string(300, '\x7F')},
     {Family::kGcq, "gone", std::nullopt},
     {Family::kRef, "owner", ""},
     {Family::kPrior, "camera", "mean"},
     {Family::kSem, "car", std::nullopt}}};

TEST(JournalTest, ComesBack) {
  const std::string bytes = EncodeJournal(kJournal);
  EXPECT_EQ(bytes.size(), JournalBytes(kJournal.rows));
  const auto decoded = DecodeJournal(BytesOf(bytes));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->sequence, 42u);
  EXPECT_EQ(decoded->rows, kJournal.rows);
}

TEST(JournalTest, EveryTruncationIsRefused) {
  ForEachTruncation(EncodeJournal(kJournal), [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeJournal(BytesOf(cut)).status()));
  });
}

TEST(JournalTest, ChangedBytesNeverCrash) {
  int refused = 0;
  ForEachByteChange(EncodeJournal({1, {{Family::kMeta, "k", "v"}}}),
                    [&](const std::string& changed) {
                      if (!DecodeJournal(BytesOf(changed)).ok()) ++refused;
                    });
  EXPECT_GT(refused, 1000);  // counts, lengths, versions, families, kinds
}

TEST(JournalTest, AFamilyOfANewerReleaseIsNamed) {
  std::string bytes = EncodeJournal({1, {{Family::kSem, "key", "value"}}});
  bytes[13] = kFamilyCount;  // behind version, sequence and count
  const absl::Status status = DecodeJournal(BytesOf(bytes)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.ToString(),
              ::testing::HasSubstr("row 0 of 1 is of family 13; this build "
                                   "knows 0 to 12; use a newer fovea"));
}

TEST(JournalTest, BytesBehindTheLastRowAreRefused) {
  const std::string bytes = EncodeJournal(kJournal) + "x";
  EXPECT_TRUE(absl::IsDataLoss(DecodeJournal(BytesOf(bytes)).status()));
}

TEST(StoreRowsTest, ComeBackAndRefuseOtherSizes) {
  const ChunkPlace place = {1, 2, 3, Crc32c{4}, 5};
  const std::string value = EncodePlace(place);
  EXPECT_EQ(DecodePlace(value)->waiting_since, 5u);
  EXPECT_EQ(DecodePlace(value)->crc, Crc32c{4});
  ForEachTruncation(value, [](const std::string& cut) {
    EXPECT_FALSE(DecodePlace(cut).ok());
  });
  EXPECT_FALSE(DecodePlace(value + "x").ok());

  const std::string state = EncodeSegmentState({7, 8, 9, true});
  EXPECT_EQ(DecodeSegmentState(state)->last_journal, 8u);
  EXPECT_TRUE(DecodeSegmentState(state)->retired);
  ForEachTruncation(state, [](const std::string& cut) {
    EXPECT_FALSE(DecodeSegmentState(cut).ok());
  });
  EXPECT_EQ(DecodeLastCommit(EncodeLastCommit({11, 7}))->segment, 7u);
  EXPECT_FALSE(DecodeLastCommit("").ok());

  const ChunkId id = ChunkId::Of(BytesOf("abc"));
  EXPECT_EQ(ParseWaitingKey(WaitingKey(3, id))->epoch, 3u);
  EXPECT_EQ(ParseWaitingKey(WaitingKey(3, id))->chunk, id);
  EXPECT_EQ(*ChunkOfRefKey(RefKey(id, "owner")), id);
  EXPECT_EQ(*ParseSegmentKey(SegmentKey(9)), 9u);
  EXPECT_FALSE(ParseSegmentKey("~x12345678").ok());
  EXPECT_LT(WaitingKey(255, id), WaitingKey(256, ChunkId()));
}

}  // namespace
}  // namespace fovea::testing
