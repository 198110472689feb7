// SPDX-License-Identifier: GPL-2.0-or-later

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "codec/imu/core/bits.h"
#include "codec/imu/core/crc32c.h"
#include "codec/imu/core/dot_product.h"
#include "codec/imu/core/rans.h"
#include "codec/imu/core/residual_tables.h"
#include "codec/imu/core/scale.h"
#include "codec/imu/core/tokens.h"

namespace fovea::imu {
namespace {

TEST(ImuTablesTest, EverySlotBelongsToATokenThatItsHintFinds) {
  for (int i = 0; i < kTables; ++i) {
    if (i == kFlagTable) continue;  // odds of 0 of 16 are none
    const TokenTable& table = kTokenTables.table[i];
    EXPECT_EQ(table.start[0], 0);
    EXPECT_EQ(table.start[kMaxTokens], kProbabilityOne);
    for (uint32_t slot = 0; slot < kProbabilityOne; ++slot) {
      int token = 0;
      while (table.start[token + 1] <= slot) ++token;
      const int hint = table.hint[slot >> kHintShift];
      ASSERT_LE(hint, token) << i;
    }
  }
}

TEST(ImuTablesTest, LowTablesHaveTheMeanOfTheirClass) {
  for (int c = 8; c < kLowClasses; ++c) {
    const TokenTable& table = kTokenTables.table[c * kFractions];
    double mean = 0;
    for (int value = 1; value <= SinglesOf(c) + 1; ++value) {
      const int token = 2 * value - 1;
      mean += value * (table.start[token + 2] - table.start[token]);
    }
    mean /= kProbabilityOne;
    const double expected =
        std::ldexp(1 + (c % 4 + 0.5) / 4, c / 4 + kLowestOctave);
    EXPECT_NEAR(mean, expected, 0.08 * expected) << c;
  }
}

TEST(ImuScaleTest, ClassesAreQuartersOfOctaves) {
  for (int c = 0; c < kScaleClasses; ++c) {
    Scale scale;
    scale.Start(c);
    EXPECT_EQ(scale.Class(), c);
  }
  Scale scale;
  scale.Start(kScaleClasses - 1);
  for (int i = 0; i < 2000; ++i) scale.Add(0);
  EXPECT_EQ(scale.Class(), 0);
  for (int i = 0; i < 2000; ++i) scale.Add(uint64_t{1} << 32);
  EXPECT_GE(scale.Class(), kScaleClasses - 5);
}

TEST(ImuBitsTest, AllWidthsComeBackAndTheEndIsKnown) {
  std::mt19937 random(1);
  std::vector<std::pair<uint32_t, int>> fields;
  for (int i = 0; i < 500; ++i) {
    const int bits = static_cast<int>(random() % 33);
    const uint64_t mask = (uint64_t{1} << bits) - 1;
    fields.emplace_back(static_cast<uint32_t>(random() & mask), bits);
  }
  std::vector<uint8_t> bytes(500 * 4);
  BitSink sink(bytes.data(), bytes.data() + bytes.size());
  for (const auto& [value, bits] : fields) sink.Put(value, bits);
  const uint8_t* end = sink.Finish();
  ASSERT_NE(end, nullptr);
  BitTap tap(bytes.data(), end);
  for (const auto& [value, bits] : fields) EXPECT_EQ(tap.Get(bits), value);
  EXPECT_EQ(tap.BytesUsed(), static_cast<size_t>(end - bytes.data()));
  EXPECT_FALSE(tap.overrun());
  EXPECT_EQ(tap.Get(32) >> 7, 0u);
  EXPECT_TRUE(tap.overrun());
}

TEST(ImuBitsTest, AFullSinkTouchesNothingBeyond) {
  for (size_t room = 0; room < 20; ++room) {
    std::vector<uint8_t> bytes(24, 0xee);
    BitSink sink(bytes.data(), bytes.data() + room);
    for (int i = 0; i < 6; ++i) sink.Put(0x12345678, 32);
    EXPECT_EQ(sink.Finish(), nullptr);
    for (size_t i = room; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], 0xee);
  }
}

TEST(ImuTokensTest, ExcessesOfEveryLengthComeBack) {
  for (int order = 0; order < 10; ++order) {
    for (int bit = 0; bit < 32; ++bit) {
      for (const uint32_t near : {0U, 1U, ~0U}) {
        const uint32_t excess = (1U << bit) + near;
        uint8_t bytes[16] = {};
        BitSink sink(bytes, bytes + 16);
        PutExcess(excess, order, &sink);
        const uint8_t* end = sink.Finish();
        ASSERT_NE(end, nullptr);
        BitTap tap(bytes, end);
        EXPECT_EQ(GetExcess(order, &tap), excess);
        EXPECT_FALSE(tap.overrun());
      }
    }
  }
}

TEST(ImuRansTest, TokensAndWhatAStateStartedWithComeBack) {
  std::mt19937 random(2);
  std::vector<std::pair<int, int>> coded;  // table, token
  for (int i = 0; i < 3000; ++i) {
    const int table = static_cast<int>(random() % kFlagTable);
    const uint32_t slot = random() % kProbabilityOne;
    int token = 0;
    while (kTokenTables.table[table].start[token + 1] <= slot) ++token;
    coded.emplace_back(table, token);
  }
  std::vector<uint8_t> bytes(20000);
  RansSink sink(bytes.data() + 4, bytes.data() + bytes.size());
  uint32_t state = kRansLow + 0xbeef;
  for (auto it = coded.rbegin(); it != coded.rend(); ++it) {
    sink.Put(&state, kTokenTables.table[it->first], it->second);
  }
  sink.Finish(state);
  ASSERT_NE(sink.end(), nullptr);
  RansTap tap(bytes.data() + 4, sink.end());
  state = tap.Start();
  for (const auto& [table, token] : coded) {
    ASSERT_EQ(tap.Get(&state, kTokenTables.table[table]), token);
  }
  EXPECT_EQ(state, kRansLow + 0xbeef);
  EXPECT_FALSE(tap.overrun());
}

TEST(ImuDotProductTest, VectorsSumAsLoopsDo) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    int16_t taps[40];
    int16_t own[16];
    int16_t rows[24];
    for (int16_t& tap : taps) tap = static_cast<int16_t>(random() % 3000);
    for (int16_t& step : own) step = static_cast<int16_t>(random());
    for (int16_t& step : rows) step = static_cast<int16_t>(random());
    if (round == 0) {
      taps[0] = 32767;
      taps[1] = 32767;
      own[0] = -32767;
      own[1] = -32767;
    }
    int64_t sum = 0;
    for (int i = 0; i < 16; ++i) sum += taps[i] * own[i];
    for (int i = 0; i < 24; ++i) sum += taps[16 + i] * rows[i];
    EXPECT_EQ((DotProduct<16, 24>(taps, own, rows)), static_cast<int32_t>(sum));
    Row<8> row;
    for (int lane = 0; lane < 8; ++lane) row.Set(lane, own[lane]);
    int32_t current = 0;
    for (int lane = 0; lane < 8; ++lane) current += taps[lane] * own[lane];
    EXPECT_EQ(row.Sum(taps), current);
  }
}

TEST(ImuCrc32cTest, MatchesThePublishedCheckValue) {
  const char* digits = "123456789";
  const auto* bytes = reinterpret_cast<const uint8_t*>(digits);
  EXPECT_EQ(Crc32c(bytes, 9), 0xe3069283u);
  EXPECT_EQ(Crc32c(bytes + 4, 5, Crc32c(bytes, 4)), 0xe3069283u);
}

}  // namespace
}  // namespace fovea::imu
