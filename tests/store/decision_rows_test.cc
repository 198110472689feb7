// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packed decisions come back to the bit, in few bytes each.

#include "store/decision_rows.h"

#include <bit>
#include <cmath>
#include <iostream>
#include <limits>
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

DecisionKeyParts KeyOf(const DecisionRow& row) {
  return {7, Model(1), 0, row.entries[0].index, row.entries[0].region};
}

DecisionRow RoundTrip(const DecisionRow& row) {
  const auto back = DecodeDecisionRow(KeyOf(row), EncodeDecisionRow(row));
  EXPECT_TRUE(back.ok()) << back.status();
  return back.ok() ? *back : DecisionRow();
}

// As a gate decides over a fixed camera: distances are means of 25 cells and
// grow while an answer is held, until it runs again; one in twenty is checked.
DecisionRow GateRow(uint32_t seed, size_t decisions) {
  std::mt19937 chance(seed);
  DecisionRow row;
  row.epoch = 12;
  uint64_t reference = 1000;
  for (size_t i = 0; i < decisions; ++i) {
    DecisionEntry e;
    e.index = 1000 + i;
    e.reference_stream = 7;
    e.reference_index = reference;
    const auto away = static_cast<double>(e.index - reference);
    e.distance =
        static_cast<float>(std::floor(20 * std::sqrt(away) +
                                      static_cast<double>(chance() % 12))) /
        25;
    e.check_probability = 0.05F;
    e.threshold_version = 3;
    const bool run = e.distance > 6;
    e.kind = run ? 0 : 1;
    e.cause = 4;
    e.shadowed = !run && chance() % 20 == 0;
    e.wrong = e.shadowed && chance() % 50 == 0;
    if (run || e.shadowed) reference = e.index;
    row.entries.push_back(e);
  }
  return row;
}

DecisionRow RandomRow(std::mt19937_64& chance) {
  DecisionRow row;
  const auto any = [&] { return chance() >> (chance() % 64); };
  row.epoch = any();
  const size_t count = 1 + chance() % kRowLimits.max_row_decisions;
  uint64_t index = chance() % 2 == 0 ? 0 : any() >> 1;
  for (size_t i = 0; i < count; ++i) {
    DecisionEntry e;
    const bool next_region = i > 0 && chance() % 3 == 0;
    index += next_region ? 0 : 1 + (chance() % 4 == 0 ? any() >> 12 : 0);
    e.index = index;
    e.region = next_region ? row.entries.back().region + 1 : 0;
    e.kind = chance() % kDecisionKinds;
    e.cause = chance() % kDecisionKinds;
    e.shadowed = chance() % 2 == 0;
    e.wrong = chance() % 2 == 0;
    e.reference_stream = any();
    e.reference_index = any();
    e.distance = static_cast<float>(any() % 1000) / 7.3F;
    e.check_probability = static_cast<float>(chance() % 1000) / 1000;
    e.threshold_version = static_cast<uint32_t>(any());
    row.entries.push_back(e);
  }
  return row;
}

TEST(DecisionKeyTest, SortsByStreamModelKindIndexRegion) {
  const uint32_t seed = 51;
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  const auto any = [&] {
    return DecisionKeyParts{chance() % 3, Model(chance() % 2 == 0 ? 0 : 255),
                            static_cast<uint8_t>(chance() % 3),
                            chance() % 2 == 0 ? UINT64_MAX : chance() % 3,
                            static_cast<uint32_t>(chance() % 3)};
  };
  const auto order = [](const DecisionKeyParts& p) {
    return std::tie(p.stream, p.model, p.input_kind, p.index, p.region);
  };
  for (int i = 0; i < 2000; ++i) {
    const DecisionKeyParts a = any(), b = any();
    EXPECT_EQ(DecisionKey(a) < DecisionKey(b), order(a) < order(b));
    EXPECT_EQ(*ParseDecisionKey(DecisionKey(a)), a);
    EXPECT_LT(DecisionKey(a),
              DecisionPrefixEnd(a.stream, a.model, a.input_kind));
  }
  const std::string key = DecisionKey(any());
  ForEachTruncation(key, [](const std::string& cut) {
    EXPECT_TRUE(absl::IsDataLoss(ParseDecisionKey(cut).status()));
  });
}

TEST(DecisionRowTest, RandomRowsComeBackAsTheyWere) {
  const uint32_t seed = 52;
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  for (int i = 0; i < 300; ++i) {
    const DecisionRow row = RandomRow(chance);
    EXPECT_EQ(RoundTrip(row), row);
  }
}

TEST(DecisionRowTest, DistancesComeBackToTheBit) {
  for (const float distance :
       {0.0F, -0.0F, 0.04F, 1.0F / 3, 16'777'215.0F, 16'777'216.0F,
        std::numeric_limits<float>::denorm_min(),
        std::numeric_limits<float>::max(), -1.0F,
        std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    DecisionRow row = GateRow(53, 3);
    row.entries[1].distance = distance;
    const DecisionRow back = RoundTrip(row);
    ASSERT_EQ(back.entries.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(std::bit_cast<uint32_t>(back.entries[i].distance),
                std::bit_cast<uint32_t>(row.entries[i].distance));
    }
  }
}

TEST(DecisionRowTest, AGatesDecisionsTakeFewBytesEach) {
  for (const size_t decisions : {60UL, 512UL}) {
    const DecisionRow row = GateRow(54, decisions);
    EXPECT_EQ(RoundTrip(row), row);
    const std::string value = EncodeDecisionRow(row);
    const double bytes =
        static_cast<double>(value.size() + DecisionKey(KeyOf(row)).size()) /
        static_cast<double>(decisions);
    std::cout << decisions << " decisions: " << bytes << " bytes each\n";
    EXPECT_LT(bytes, 4);
  }
}

// What a release wrote is read by every later one.
TEST(DecisionRowTest, BytesAreAsTheyAreDrawn) {
  DecisionRow row;
  row.epoch = 3;
  for (uint64_t i = 0; i < 3; ++i) {
    DecisionEntry e;
    e.index = 10 + i;
    e.kind = 1;
    e.cause = 4;
    e.shadowed = i == 1;
    e.reference_stream = 7;
    e.reference_index = 9;
    e.distance = static_cast<float>(i) / 2;
    e.check_probability = 0.5F;
    e.threshold_version = 2;
    row.entries.push_back(e);
  }
  const std::string value = EncodeDecisionRow(row);
  EXPECT_EQ(absl::BytesToHexString(value),
            "010000000000000003"
            "022100"
            "02021411"
            "0000"
            "0114"
            "030001ff"
            "01010e"
            "010112"
            "0202020002"
            "0101808080f007"
            "010104");
  EXPECT_EQ(*DecodeDecisionRow(KeyOf(row), value), row);
}

TEST(DecisionRowTest, AnyDamageIsAnErrorOrAnotherRow) {
  for (const size_t decisions : {2UL, 40UL}) {
    const DecisionRow row = GateRow(55, decisions);
    const std::string value = EncodeDecisionRow(row);
    ForEachTruncation(value, [&](const std::string& cut) {
      EXPECT_TRUE(
          absl::IsDataLoss(DecodeDecisionRow(KeyOf(row), cut).status()));
    });
    ForEachByteChange(value, [&](const std::string& changed) {
      const auto back = DecodeDecisionRow(KeyOf(row), changed);
      if (back.ok()) {
        EXPECT_LE(back->entries.size(), 512u);
      }
    });
  }
}

TEST(DecisionRowTest, ARowUnderAnotherKeyIsDamage) {
  const DecisionRow row = GateRow(56, 5);
  DecisionKeyParts key = KeyOf(row);
  key.region = 1;
  EXPECT_THAT(
      DecodeDecisionRow(key, EncodeDecisionRow(row)).status().ToString(),
      HasSubstr("first decision is not the key's"));
}

}  // namespace
}  // namespace fovea::testing
