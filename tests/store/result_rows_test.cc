// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys of results sort as they are asked for, and values come back as they
// were.

#include "store/result_rows.h"

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

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

ResultRow RandomRow(std::mt19937_64& chance) {
  ResultRow row;
  const auto any = [&] { return chance() >> (chance() % 64); };
  row.epoch = any();
  row.fingerprint_version = static_cast<uint8_t>(chance());
  row.coarse = any();
  for (uint64_t& word : row.fine) word = any();
  row.columns = static_cast<uint16_t>(chance() % 90);
  row.rows = static_cast<uint16_t>(chance() % 90);
  const auto spread = static_cast<int64_t>(1 + chance() % 127);
  for (int i = 0; i < row.columns * row.rows; ++i) {
    row.cells.push_back(
        static_cast<int8_t>(static_cast<int64_t>(chance() >> 1) % spread));
  }
  row.vote = any();
  row.time_ns = static_cast<int64_t>(chance() % 2 == 0 ? any() : ~any());
  row.cost_ns = static_cast<int64_t>(any() >> 1);
  row.uses = static_cast<uint32_t>(any());
  row.answer.assign(chance() % 300, '\0');
  for (char& c : row.answer) c = static_cast<char>(chance());
  if (chance() % 4 == 0) row.carried = {Model(7), 0.04, 0.95};
  return row;
}

TEST(ResultKeyTest, SortsByModelStreamIndexKindRegion) {
  const uint32_t seed = 41;
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  const auto any = [&] {
    return ResultKeyParts{Model(chance() % 2 == 0 ? 0 : 255), chance() % 3,
                          chance() % 2 == 0 ? UINT64_MAX : chance() % 3,
                          static_cast<uint8_t>(chance() % 3),
                          static_cast<uint32_t>(chance() % 3)};
  };
  const auto order = [](const ResultKeyParts& p) {
    return std::tie(p.model, p.stream, p.index, p.kind, p.region);
  };
  for (int i = 0; i < 2000; ++i) {
    const ResultKeyParts a = any(), b = any();
    EXPECT_EQ(ResultKey(a) < ResultKey(b), order(a) < order(b));
    EXPECT_EQ(*ParseResultKey(ResultKey(a)), a);
  }
}

TEST(ResultKeyTest, PrefixesHoldWhatTheySayAndNothingElse) {
  const ModelKey last = Model(255);
  const std::string key = ResultKey({last, 7, 9, 255, UINT32_MAX});
  EXPECT_TRUE(key.starts_with(ResultPrefix(last, 7, 9)));
  EXPECT_TRUE(key.starts_with(ResultPrefix(last, 7)));
  EXPECT_LT(key, ResultPrefix(last, 7, 10));
  EXPECT_LT(key, ResultPrefix(last, 8));
  EXPECT_LT(ResultKey({last, UINT64_MAX, UINT64_MAX, 255, UINT32_MAX}),
            ResultPrefixEnd(last));
  EXPECT_LT(ResultPrefixEnd(Model(3)), ResultKey({Model(4)}));
  ForEachTruncation(key, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParseResultKey(cut).status()));
  });
  EXPECT_TRUE(absl::IsDataLoss(ParseResultKey(key + "x").status()));
}

TEST(ResultRowTest, RandomRowsComeBackAsTheyWere) {
  const uint32_t seed = 42;
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  for (int i = 0; i < 300; ++i) {
    const ResultRow row = RandomRow(chance);
    const auto back = DecodeResultRow(EncodeResultRow(row));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, row);
  }
}

// What a release wrote is read by every later one.
TEST(ResultRowTest, BytesAreAsTheyAreDrawn) {
  ResultRow row;
  row.epoch = 3;
  row.fingerprint_version = 1;
  row.coarse = 0x0102;
  row.fine = {1, 2, 3, 4};
  row.columns = 2;
  row.rows = 1;
  row.cells = {-1, 5};
  row.vote = 9;
  row.time_ns = -1;
  row.cost_ns = 64;
  row.uses = 300;
  row.answer = "car";
  const std::string value = EncodeResultRow(row);
  EXPECT_EQ(absl::BytesToHexString(value),
            "010000000000000003"
            "010000000000000102"
            "0000000000000001000000000000000200000000000000030000000000000004"
            "0000000000000009018001ac02"
            "02010002ff0503636172");
  EXPECT_EQ(*DecodeResultRow(value), row);
  row.carried = {Model(0xAB), 0.5, 0.75};
  const std::string carried = EncodeResultRow(row);
  EXPECT_EQ(absl::BytesToHexString(carried),
            "02" + absl::BytesToHexString(value.substr(1)) +
                absl::BytesToHexString(std::string(32, '\xAB')) +
                "3fe00000000000003fe8000000000000");
  EXPECT_EQ(*DecodeResultRow(carried), row);
}

TEST(ResultRowTest, CarriedOverByNoShareIsNone) {
  ResultRow row;
  row.carried = {Model(1), 1.5, 0.95};
  EXPECT_THAT(CheckResultRow(row).ToString(), HasSubstr("shares"));
  row.carried = {Model(1), 0.5, -1};
  EXPECT_THAT(CheckResultRow(row).ToString(), HasSubstr("shares"));
  row.carried = {Model(1), 0.5, 0.95};
  std::string value = EncodeResultRow(row);
  ASSERT_TRUE(DecodeResultRow(value).ok());
  value[value.size() - 8] = '\x40';  // a confidence of 2 and more
  EXPECT_TRUE(absl::IsDataLoss(DecodeResultRow(value).status()));
  value[0] = 3;
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeResultRow(value).status()));
}

TEST(ResultRowTest, AnyDamageIsAnErrorOrAnotherRow) {
  std::mt19937_64 chance(43);
  ResultRow row = RandomRow(chance);
  row.carried.reset();
  row.columns = 40;
  row.rows = 20;
  row.cells.assign(800, 3);  // so that they are packed
  row.answer = "two cars";
  const std::string value = EncodeResultRow(row);
  EXPECT_LT(value.size(), 150u);
  ForEachTruncation(value, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeResultRow(cut).status()));
  });
  ForEachByteChange(value, [&](const std::string& changed) {
    const auto back = DecodeResultRow(changed);
    if (back.ok()) {
      EXPECT_EQ(back->cells.size(), back->columns * back->rows);
    }
  });
}

TEST(ResultRowTest, LimitsAreWalked) {
  ResultRow row;
  row.columns = 128;
  row.rows = 64;
  row.cells.assign(kRowLimits.max_feature_cells, 0);
  row.answer.assign(kRowLimits.max_answer_bytes, 'a');
  ASSERT_TRUE(CheckResultRow(row).ok());
  EXPECT_EQ(*DecodeResultRow(EncodeResultRow(row)), row);
  std::mt19937 noise(44);
  for (int8_t& cell : row.cells) cell = static_cast<int8_t>(noise());
  EXPECT_EQ(*DecodeResultRow(EncodeResultRow(row)), row) << "not to be packed";
  row.answer += 'a';
  EXPECT_THAT(CheckResultRow(row).ToString(), HasSubstr("1048577 bytes"));
  row.answer.clear();
  row.cells.pop_back();
  EXPECT_THAT(CheckResultRow(row).ToString(),
              HasSubstr("8191 cells for 128 x 64"));
  row.columns = 8193;
  row.rows = 1;
  row.cells.resize(8193);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckResultRow(row)));
}

}  // namespace
}  // namespace fovea::testing
