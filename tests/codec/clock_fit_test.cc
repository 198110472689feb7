// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clocks that drift, read over links that delay.

#include "codec/clock_fit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace fovea {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// What the store's clock reads at a device time.
using Truth = int64_t (*)(int64_t device_ns);

int64_t Steady(int64_t t) {
  return 1'700'000'000 * kSecond + t + std::llround(4.2e-5 * double(t));
}

// A crystal that warms up in the first minutes.
int64_t WarmingUp(int64_t t) {
  const double seconds = static_cast<double>(t) / 1e9;
  return Steady(t) + std::llround(2e6 * (1 - std::exp(-seconds / 120)));
}

class Link {
 public:
  explicit Link(uint64_t seed) : random_(seed) {}

  // Messages of 200 Hz, each `least` or more late, by 2 ms in the mean.
  std::vector<ClockReading> Late(Truth truth, int64_t seconds,
                                 int64_t least = 0) {
    std::exponential_distribution<double> delay(1 / 2e6);
    std::vector<ClockReading> readings;
    for (int64_t t = 0; t < seconds * kSecond; t += 5'000'000) {
      readings.push_back({t, truth(t) + least + std::llround(delay(random_))});
    }
    return readings;
  }

  // Events of 1 Hz, seen within 0.3 ms.
  std::vector<ClockReading> EitherWay(Truth truth, int64_t seconds) {
    std::normal_distribution<double> error(0, 3e5);
    std::vector<ClockReading> readings;
    for (int64_t t = 0; t < seconds * kSecond; t += kSecond) {
      readings.push_back({t, truth(t) + std::llround(error(random_))});
    }
    return readings;
  }

 private:
  std::mt19937_64 random_;
};

// Farthest from the truth, and how often beyond what it says of itself.
struct Error {
  int64_t most_ns = 0;
  double beyond = 0;
};

Error ErrorOf(const ClockMap& map, Truth truth, int64_t seconds) {
  Error error;
  int64_t beyond = 0;
  for (int64_t s = 0; s < seconds; ++s) {
    const MappedTime mapped = map.ToStore(s * kSecond);
    const int64_t away = std::abs(mapped.time_ns - truth(s * kSecond));
    error.most_ns = std::max(error.most_ns, away);
    beyond += away > mapped.uncertainty_ns;
  }
  error.beyond = static_cast<double>(beyond) / static_cast<double>(seconds);
  return error;
}

TEST(ClockFitTest, LateMessagesTellTheClockBelowThem) {
  Link link(1);
  for (const Truth truth : {Steady, WarmingUp}) {
    const auto map = FitClockMap(link.Late(truth, 1200), {});
    ASSERT_TRUE(map.ok()) << map.status();
    const Error error = ErrorOf(*map, truth, 1200);
    // Of delays of 2 ms.
    EXPECT_LT(error.most_ns, 150'000);
    EXPECT_LT(error.beyond, 0.05);
    for (const ClockPoint& point : map->points()) {
      EXPECT_LT(point.uncertainty_ns, 500'000);
    }
  }
}

TEST(ClockFitTest, AStraightClockTakesTwoPoints) {
  Link link(2);
  const auto late = FitClockMap(link.Late(Steady, 1200), {});
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_LE(late->points().size(), 3U);
  EXPECT_NEAR(late->Skew(), 4.2e-5, 2e-7);
  const auto bent = FitClockMap(link.Late(WarmingUp, 1200), {});
  ASSERT_TRUE(bent.ok()) << bent.status();
  EXPECT_GT(bent->points().size(), 3U);
}

TEST(ClockFitTest, WhatAllMessagesHaveInCommonIsTheClocks) {
  Link link(3);
  const auto map = FitClockMap(link.Late(Steady, 300, 7'000'000), {});
  ASSERT_TRUE(map.ok()) << map.status();
  const int64_t away =
      map->ToStore(150 * kSecond).time_ns - Steady(150 * kSecond);
  EXPECT_NEAR(static_cast<double>(away), 7e6, 1e5);
}

TEST(ClockFitTest, EventsAreFollowedInTheMiddle) {
  Link link(4);
  const ClockFitOptions options = {.error = ClockError::kEitherWay,
                                   .piece_ns = 120 * kSecond};
  for (const Truth truth : {Steady, WarmingUp}) {
    std::vector<ClockReading> readings = link.EitherWay(truth, 1200);
    // One in twenty is of another event.
    for (size_t i = 7; i < readings.size(); i += 20) {
      readings[i].store_ns += 40'000'000;
    }
    const auto map = FitClockMap(readings, options);
    ASSERT_TRUE(map.ok()) << map.status();
    const Error error = ErrorOf(*map, truth, 1200);
    EXPECT_LT(error.most_ns, 400'000);
    EXPECT_LT(error.beyond, 0.05);
  }
}

TEST(ClockFitTest, OrderDoesNotMatter) {
  Link link(5);
  std::vector<ClockReading> readings = link.Late(WarmingUp, 300);
  const auto map = FitClockMap(readings, {});
  std::shuffle(readings.begin(), readings.end(), std::mt19937_64(6));
  const auto again = FitClockMap(readings, {});
  ASSERT_TRUE(map.ok() && again.ok());
  EXPECT_EQ(*map, *again);
}

TEST(ClockFitTest, FewReadingsTellAnOffsetAlone) {
  const auto map = FitClockMap(
      std::vector<ClockReading>{{0, 1500}, {kSecond, kSecond + 500}}, {});
  ASSERT_TRUE(map.ok()) << map.status();
  ASSERT_EQ(map->points().size(), 1U);
  EXPECT_EQ(map->ToStore(0).time_ns, 500);
  EXPECT_EQ(map->points()[0].uncertainty_ns, 1000);
}

TEST(ClockFitTest, WhatNoMapExplainsIsRefused) {
  const auto code = [](const std::vector<ClockReading>& readings,
                       const ClockFitOptions& options) {
    return FitClockMap(readings, options).status().code();
  };
  EXPECT_EQ(code({}, {}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{0, 0}}, {.piece_ns = 0}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{0, INT64_MIN}}, {}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{3, 0}, {3, 1}}, {}), absl::StatusCode::kFailedPrecondition);
  std::vector<ClockReading> backward;
  for (int64_t i = 0; i < 100; ++i) {
    backward.push_back({i * kSecond, -i * kSecond});
  }
  EXPECT_EQ(code(backward, {}), absl::StatusCode::kFailedPrecondition);
}

TEST(ClockFitTest, ReadingsAreThinnedToTheEarliest) {
  LateReadings late;
  for (int64_t i = 0; i < 3'000'000; ++i) {
    late.Add({i * 100'000'000, i * 100'000'000 + (i % 10 == 3 ? 5 : 900)});
  }
  const std::vector<ClockReading> kept = late.Take();
  EXPECT_LE(kept.size(), size_t{1} << 20);
  EXPECT_GE(kept.size(), 500'000U);
  EXPECT_TRUE(late.Take().empty());
}

}  // namespace
}  // namespace fovea
