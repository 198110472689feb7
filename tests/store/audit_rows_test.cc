// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far an audit has come survives, and is found under its model alone.

#include "store/audit_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "store/row_limits.h"
#include "tests/support/damage.h"

namespace fovea::testing {
namespace {

using ::testing::StartsWith;

ModelKey Model(uint8_t byte) {
  ModelKey model;
  model.fill(byte);
  return model;
}

AuditRow SomeRow() { return {0.05, 0.95, 7, 2, 258, 3, {1, 0, 255}}; }

TEST(AuditRowTest, RowsComeBackAsTheyWere) {
  AuditRow row = SomeRow();
  EXPECT_EQ(*DecodeAuditRow(EncodeAuditRow(row)), row);
  row.state.clear();
  EXPECT_EQ(*DecodeAuditRow(EncodeAuditRow(row)), row);
  row.state.assign(kRowLimits.max_audit_state_bytes, 9);
  EXPECT_EQ(*DecodeAuditRow(EncodeAuditRow(row)), row);
}

TEST(AuditRowTest, AStateBeyondTheLimitIsDamage) {
  AuditRow row;
  row.state.assign(kRowLimits.max_audit_state_bytes + 1, 9);
  EXPECT_TRUE(absl::IsDataLoss(DecodeAuditRow(EncodeAuditRow(row)).status()));
}

// What a release wrote is read by every later one.
TEST(AuditRowTest, BytesAreAsTheyAreDrawn) {
  EXPECT_EQ(absl::BytesToHexString(EncodeAuditRow(SomeRow())),
            "03"
            "3fa999999999999a"
            "3fee666666666666"
            "0000000000000007"
            "02"
            "0000000000000102"
            "0000000000000003"
            "030100ff");
}

TEST(AuditRowTest, RowsOfBeforeThereWereGatesAreOfTheOneThatThereWas) {
  AuditRow row = SomeRow();
  row.gate = row.before = 0;
  EXPECT_EQ(*DecodeAuditRow(absl::HexStringToBytes("01"
                                                   "3fa999999999999a"
                                                   "3fee666666666666"
                                                   "0000000000000007"
                                                   "02"
                                                   "030100ff")),
            row);
}

TEST(AuditRowTest, RowsOfBeforeAuditsWereCountedAreOfTheFirst) {
  AuditRow row = SomeRow();
  row.before = 0;
  EXPECT_EQ(*DecodeAuditRow(absl::HexStringToBytes("02"
                                                   "3fa999999999999a"
                                                   "3fee666666666666"
                                                   "0000000000000007"
                                                   "02"
                                                   "0000000000000102"
                                                   "030100ff")),
            row);
}

TEST(AuditRowTest, AnyCutIsDamageAndANewerVersionSaysSo) {
  const std::string value = EncodeAuditRow(SomeRow());
  ForEachTruncation(value, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeAuditRow(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(DecodeAuditRow(value + "x").status()));
  std::string newer = value;
  newer[0] = 4;
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeAuditRow(newer).status()));
}

TEST(AuditRowTest, EachStreamModelAndKindHasItsOwn) {
  const std::string key = AuditKey(7, Model(1), 0);
  EXPECT_THAT(key, StartsWith(AuditPrefix(7)));
  EXPECT_LT(key, AuditPrefix(8));
  EXPECT_GT(key, AuditPrefix(7));
  EXPECT_NE(key, AuditKey(7, Model(2), 0));
  EXPECT_NE(key, AuditKey(7, Model(1), 1));
  EXPECT_LT(AuditKey(255, Model(255), 255), AuditPrefix(256));
}

}  // namespace
}  // namespace fovea::testing
