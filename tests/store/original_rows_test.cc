// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was said of originals comes back as it was, and damage is told.

#include "store/original_rows.h"

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "store/row_limits.h"
#include "tests/support/damage.h"

namespace fovea::testing {
namespace {

using ::testing::HasSubstr;

ModelKey Model(uint8_t byte) {
  ModelKey model;
  model.fill(byte);
  return model;
}

OriginalRow SomeRow() {
  OriginalRow row;
  row.epoch = 3;
  row.share = 0.5;
  row.seed = 7;
  row.answer = "car";
  return row;
}

TEST(OriginalRowTest, KeysLieAmongTheResultsOfTheirFrame) {
  const std::string key = OriginalKey(Model(1), 5, 9);
  EXPECT_GT(key, ResultKey({Model(1), 5, 9, 2, UINT32_MAX}));
  EXPECT_LT(key, ResultPrefix(Model(1), 5, 10));
  const auto parts = ParseResultKey(key);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->kind, kOriginalKind);
}

TEST(OriginalRowTest, ComesBackAsItWas) {
  const uint32_t seed = 51;
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  for (int i = 0; i < 300; ++i) {
    OriginalRow row;
    row.epoch = chance();
    row.share = 1 / static_cast<double>(1 + chance() % 1000);
    row.seed = chance();
    row.answer.assign(chance() % 300, static_cast<char>(chance()));
    if (chance() % 2 == 0) {
      row.given = {static_cast<uint8_t>(chance()),
                   static_cast<uint8_t>(chance()),
                   chance() % 2 == 0,
                   chance() % 2 == 0,
                   chance() % 2 == 0,
                   static_cast<uint8_t>(chance())};
    }
    const auto back = DecodeOriginalRow(EncodeOriginalRow(row));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, row);
  }
}

// What a release wrote is read by every later one.
TEST(OriginalRowTest, BytesAreAsTheyAreDrawn) {
  OriginalRow row = SomeRow();
  EXPECT_EQ(absl::BytesToHexString(EncodeOriginalRow(row)),
            "020000000000000003"
            "3fe00000000000000000000000000007"
            "0003636172");
  row.given = {1, 4, false, true, true, 5};
  EXPECT_EQ(absl::BytesToHexString(EncodeOriginalRow(row)),
            "020000000000000003"
            "3fe00000000000000000000000000007"
            "010104060503636172");
}

TEST(OriginalRowTest, AnyDamageIsAnErrorOrAnotherRow) {
  OriginalRow row = SomeRow();
  row.given = {1, 4, true, true, true, 5};
  const std::string value = EncodeOriginalRow(row);
  ForEachTruncation(value, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeOriginalRow(cut).status()));
  });
  ForEachByteChange(value, [&](const std::string& changed) {
    const auto back = DecodeOriginalRow(changed);
    if (back.ok()) {
      EXPECT_TRUE(CheckOriginalRow(*back).ok());
    }
  });
  ResultRow result;
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeOriginalRow(EncodeResultRow(result)).status()))
      << "a result is none";
}

TEST(OriginalRowTest, LimitsAreWalked) {
  OriginalRow row = SomeRow();
  for (const double share : {0.0, -0.1, 1.1, 0.0 / 0.0}) {
    row.share = share;
    EXPECT_TRUE(absl::IsInvalidArgument(CheckOriginalRow(row))) << share;
  }
  row.share = 1;
  row.answer.assign(kRowLimits.max_answer_bytes, 'a');
  ASSERT_TRUE(CheckOriginalRow(row).ok());
  EXPECT_EQ(*DecodeOriginalRow(EncodeOriginalRow(row)), row);
  row.answer += 'a';
  EXPECT_THAT(CheckOriginalRow(row).ToString(), HasSubstr("1048577 bytes"));
}

}  // namespace
}  // namespace fovea::testing
