// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/clock_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace fovea {
namespace {

using Points = std::vector<ClockPoint>;

constexpr int64_t kSecond = 1'000'000'000;

ClockMap MapOf(Points points) {
  auto map = ClockMap::Create(std::move(points));
  EXPECT_TRUE(map.ok()) << map.status();
  return *map;
}

// A device that was started at store time 100 s and is 50 ppm slow, then 20.
ClockMap TwoRates() {
  return MapOf({{0, 100 * kSecond, 1000},
                {100 * kSecond, 200 * kSecond + 5'000'000, 3000},
                {200 * kSecond, 300 * kSecond + 7'000'000, 2000}});
}

TEST(ClockMapTest, GoesStraightBetweenPoints) {
  const ClockMap map = TwoRates();
  EXPECT_EQ(map.ToStore(0).time_ns, 100 * kSecond);
  EXPECT_EQ(map.ToStore(50 * kSecond).time_ns, 150 * kSecond + 2'500'000);
  EXPECT_EQ(map.ToStore(50 * kSecond).uncertainty_ns, 2000);
  EXPECT_EQ(map.ToStore(100 * kSecond).uncertainty_ns, 3000);
  EXPECT_EQ(map.ToStore(150 * kSecond).time_ns, 250 * kSecond + 6'000'000);
  EXPECT_DOUBLE_EQ(map.Skew(), 35e-6);
}

TEST(ClockMapTest, IsLessCertainWhereNoPointsTell) {
  const ClockMap map = TwoRates();
  const MappedTime before = map.ToStore(-10 * kSecond);
  EXPECT_EQ(before.time_ns, 90 * kSecond - 500'000);
  EXPECT_EQ(before.uncertainty_ns, 1000 + 1'000'000);
  const MappedTime after = map.ToStore(210 * kSecond);
  EXPECT_EQ(after.time_ns, 310 * kSecond + 7'200'000);
  EXPECT_EQ(after.uncertainty_ns, 2000 + 1'000'000);
}

TEST(ClockMapTest, OnePointKeepsTheDevicesRate) {
  const ClockMap map = MapOf({{5, 1000, 7}});
  EXPECT_EQ(map.ToStore(5).time_ns, 1000);
  EXPECT_EQ(map.ToStore(5).uncertainty_ns, 7);
  EXPECT_EQ(map.ToStore(kSecond + 5).time_ns, kSecond + 1000);
  EXPECT_EQ(map.ToStore(kSecond + 5).uncertainty_ns, 7 + 100'000);
  EXPECT_EQ(map.ToDevice(1000).time_ns, 5);
  EXPECT_EQ(map.Skew(), 0);
}

TEST(ClockMapTest, ThereAndBackIsWithinANanosecond) {
  const ClockMap map = TwoRates();
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int64_t> times(-kSecond, 300 * kSecond);
  int64_t device = -kSecond, store = map.ToStore(device).time_ns;
  for (int i = 0; i < 10'000; ++i) {
    const int64_t time = times(random);
    const int64_t there = map.ToStore(time).time_ns;
    EXPECT_NEAR(static_cast<double>(map.ToDevice(there).time_ns - time), 0, 1);
    EXPECT_EQ(time < device, there < store) << time;
    device = time;
    store = there;
  }
}

TEST(ClockMapTest, AnyTimeHasAnImage) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const ClockMap& map :
       {TwoRates(),
        MapOf({{-kMaxClockTime, -kMaxClockTime, 0},
               {kMaxClockTime, kMaxClockTime, kMost}}),
        MapOf({{0, kMaxClockTime - 1, 0}, {1, kMaxClockTime, 0}}),
        MapOf({{kMaxClockTime, -kMaxClockTime, kMost}})}) {
    for (const int64_t time : {kLeast, int64_t{0}, kMost}) {
      EXPECT_GE(map.ToStore(time).uncertainty_ns, 0);
      EXPECT_GE(map.ToDevice(time).uncertainty_ns, 0);
    }
    EXPECT_LE(map.ToStore(kLeast).time_ns, map.ToStore(kMost).time_ns);
  }
}

TEST(ClockMapTest, PointsThatAreNoMapAreRefused) {
  for (const Points& points : {Points{},
                               {{0, 0, -1}},
                               {{0, 0, 0}, {0, 1, 0}},
                               {{0, 0, 0}, {1, 0, 0}},
                               {{0, 5, 0}, {1, 4, 0}},
                               {{kMaxClockTime + 1, 0, 0}},
                               {{0, -kMaxClockTime - 1, 0}}}) {
    EXPECT_EQ(ClockMap::Create(points).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  Points many(kMaxClockPoints + 1);
  for (size_t i = 0; i < many.size(); ++i) {
    many[i].device_ns = many[i].store_ns = static_cast<int64_t>(i);
  }
  EXPECT_FALSE(ClockMap::Create(many).ok());
  many.pop_back();
  EXPECT_TRUE(ClockMap::Create(many).ok());
}

TEST(ClockMapTest, ComesBackFromItsBytes) {
  for (const ClockMap& map : {TwoRates(), MapOf({{5, 1000, 7}}),
                              MapOf({{-kMaxClockTime, -kMaxClockTime, 0},
                                     {kMaxClockTime, kMaxClockTime,
                                      std::numeric_limits<int64_t>::max()}})}) {
    const auto again = ClockMap::Parse(map.Encode());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, map);
  }
}

TEST(ClockMapTest, DamageIsNoticed) {
  const std::vector<uint8_t> bytes = TwoRates().Encode();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ClockMap::Parse(std::span(bytes).first(size)).status().code(),
              absl::StatusCode::kDataLoss);
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int mask : {1, 0x80, 0xff}) {
      std::vector<uint8_t> flipped = bytes;
      flipped[i] = static_cast<uint8_t>(flipped[i] ^ mask);
      EXPECT_FALSE(ClockMap::Parse(flipped).ok()) << i;
    }
  }
}

TEST(ClockMapTest, GoesOnWithWhatCameLater) {
  const ClockMap map = TwoRates();
  const ClockMap more = MapOf(
      {{150 * kSecond, 249 * kSecond, 0}, {250 * kSecond, 350 * kSecond, 4}});
  const ClockMap both = map.Extended(more);
  ASSERT_EQ(both.points().size(), 4U);
  EXPECT_EQ(both.points()[2], map.points()[2]);
  EXPECT_EQ(both.points()[3], more.points()[1]);
}

}  // namespace
}  // namespace fovea
