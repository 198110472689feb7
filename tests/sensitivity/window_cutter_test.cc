// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kMs = 1'000'000;

// A model of 10 samples at 100 Hz of channel "t", whose values are its times
// in ms, and of "twice", which are twice that.
class WindowCutterTest : public ::testing::Test {
 protected:
  WindowCutterTest() {
    card_.name = "har";
    card_.decoder = DecoderKind::kImuClassifier;
    card_.window = 10;
    card_.rate_hz = 100;
    card_.channels = {"twice", "t"};
    series_.channels = {{"t", "ms"}, {"other", ""}, {"twice", "ms"}};
    series_.rate_hz = 100;
  }

  // Times are whole nanoseconds.
  void Row(double ms) { Row(ms, std::round(ms * kMs) / kMs); }
  void Row(double ms, double value) {
    batch_.time_ns.push_back(std::llround(ms * kMs));
    batch_.values.insert(batch_.values.end(), {value, -1, 2 * value});
  }
  void Rows(double from_ms, int count, double step_ms = 10) {
    for (int i = 0; i < count; ++i) Row(from_ms + i * step_ms);
  }

  // The windows of what the rows hold, "t" alone.
  std::vector<std::vector<double>> Cut(size_t rows_a_batch = 1 << 20) {
    auto cutter = WindowCutter::Create(card_, series_, hop_);
    EXPECT_TRUE(cutter.ok()) << cutter.status();
    std::vector<std::vector<double>> windows;
    const auto visit = [&](const std::vector<double>& window) {
      const auto half = static_cast<std::ptrdiff_t>(window.size() / 2);
      windows.emplace_back(window.begin() + half, window.end());
      for (size_t i = 0; i < windows.back().size(); ++i) {
        EXPECT_DOUBLE_EQ(window[i], 2 * windows.back()[i]);
      }
      return absl::OkStatus();
    };
    for (size_t at = 0; at < batch_.time_ns.size(); at += rows_a_batch) {
      const size_t end = std::min(batch_.time_ns.size(), at + rows_a_batch);
      SeriesBatch part;
      part.time_ns.assign(batch_.time_ns.begin() + std::ptrdiff_t(at),
                          batch_.time_ns.begin() + std::ptrdiff_t(end));
      part.values.assign(batch_.values.begin() + std::ptrdiff_t(3 * at),
                         batch_.values.begin() + std::ptrdiff_t(3 * end));
      EXPECT_TRUE(cutter->Add(part, visit).ok());
    }
    counts_ = cutter->counts();
    EXPECT_EQ(counts_.windows, std::ssize(windows));
    EXPECT_EQ(counts_.rows, std::ssize(batch_.time_ns));
    return windows;
  }

  // Each window begins at the time given and goes on without a break.
  static void ExpectTimes(const std::vector<std::vector<double>>& windows,
                          const std::vector<double>& starts) {
    ASSERT_EQ(windows.size(), starts.size());
    for (size_t w = 0; w < windows.size(); ++w) {
      ASSERT_THAT(windows[w], SizeIs(10));
      for (size_t i = 0; i < 10; ++i) {
        EXPECT_NEAR(windows[w][i], starts[w] + 10 * static_cast<double>(i),
                    1e-9);
      }
    }
  }

  std::string Fault() {
    const auto cutter = WindowCutter::Create(card_, series_, hop_);
    EXPECT_EQ(cutter.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(cutter.status().message());
  }

  ModelCard card_;
  SeriesInfo series_;
  SeriesBatch batch_;
  int hop_ = 0;
  WindowCounts counts_;
};

TEST_F(WindowCutterTest, WindowsOverlapByHalf) {
  Rows(0, 24);
  ExpectTimes(Cut(), {0, 50, 100});
}

TEST_F(WindowCutterTest, AWindowIsThereWithItsLastRow) {
  Rows(0, 9);
  EXPECT_THAT(Cut(), IsEmpty());
  Row(90);
  ExpectTimes(Cut(), {0});
}

TEST_F(WindowCutterTest, HopsMayBeShorterOrLongerThanAWindow) {
  Rows(0, 40);
  hop_ = 1;
  EXPECT_THAT(Cut(), SizeIs(31));
  hop_ = 10;
  ExpectTimes(Cut(), {0, 100, 200, 300});
  hop_ = 17;
  ExpectTimes(Cut(), {0, 170});
}

TEST_F(WindowCutterTest, StraightLinesStayStraightAtEveryRateAndJitter) {
  std::mt19937 random(5);
  for (const double step : {1.0, 3.7, 10.0, 13.3, 40.0}) {
    batch_ = {};
    series_.rate_hz = 1000 / step;
    double at = 1000;
    while (at < 2000) {
      Row(at);
      at += step * (0.2 + 1.6 * std::generate_canonical<double, 53>(random));
    }
    const auto windows = Cut();
    EXPECT_GE(windows.size(), 16U) << step;
    std::vector<double> starts;
    for (size_t w = 0; w < windows.size(); ++w) {
      starts.push_back(1000 + 50 * static_cast<double>(w));
    }
    ExpectTimes(windows, starts);
    EXPECT_EQ(counts_.stretches, 1);
  }
}

TEST_F(WindowCutterTest, BatchesMayBeCutAnywhere) {
  Rows(3, 30, 7);
  Rows(1000, 30, 11);
  const auto whole = Cut();
  EXPECT_THAT(whole, SizeIs(8));
  for (const size_t rows : {1U, 2U, 7U, 31U}) EXPECT_EQ(Cut(rows), whole);
}

TEST_F(WindowCutterTest, NoWindowReachesOverAGap) {
  Rows(0, 15);
  Rows(140 + 81, 15);
  ExpectTimes(Cut(), {0, 50, 221, 271});
  EXPECT_EQ(counts_.stretches, 2);
  EXPECT_EQ(counts_.passed_over, 0);
}

TEST_F(WindowCutterTest, EightPeriodsAreNoGap) {
  Rows(0, 15);
  Rows(140 + 80, 5);
  ExpectTimes(Cut(), {0, 50, 100, 150});
  EXPECT_EQ(counts_.stretches, 1);
}

TEST_F(WindowCutterTest, ASlowSeriesHasLongerGaps) {
  series_.rate_hz = 25;
  Rows(0, 6, 40);
  Rows(200 + 320, 6, 40);
  Cut();
  EXPECT_EQ(counts_.stretches, 1);
  series_.rate_hz = 0;  // unknown: the card's
  Cut();
  EXPECT_EQ(counts_.stretches, 2);
}

TEST_F(WindowCutterTest, RepeatedTimesAndSmallStepsBackArePassedOver) {
  Rows(0, 10);
  Row(90, 777);
  Row(60, 777);
  Row(85, 777);
  Rows(100, 10);
  ExpectTimes(Cut(), {0, 50, 100});
  EXPECT_EQ(counts_.passed_over, 3);
  EXPECT_EQ(counts_.stretches, 1);
}

TEST_F(WindowCutterTest, ALeapBackBeginsAStretch) {
  Rows(5000, 12);
  Rows(0, 12);
  ExpectTimes(Cut(), {5000, 0});
  EXPECT_EQ(counts_.stretches, 2);
  EXPECT_EQ(counts_.passed_over, 0);
}

TEST_F(WindowCutterTest, ValuesThatAreNoNumbersArePassedOver) {
  Rows(0, 5);
  Row(42, std::numeric_limits<double>::quiet_NaN());
  Row(43, std::numeric_limits<double>::infinity());
  Row(44, 1e31);
  Rows(50, 5);
  ExpectTimes(Cut(), {0});
  EXPECT_EQ(counts_.passed_over, 3);
}

TEST_F(WindowCutterTest, OtherChannelsMayBeNoNumbers) {
  Rows(0, 10);
  batch_.values[1] = std::numeric_limits<double>::quiet_NaN();
  ExpectTimes(Cut(), {0});
}

TEST_F(WindowCutterTest, TimesMayBeAnyNumber) {
  batch_.time_ns = {INT64_MIN, INT64_MAX,     INT64_MIN + 1, -5 * kMs,
                    5 * kMs,   INT64_MAX - 1, INT64_MAX};
  batch_.values.assign(batch_.time_ns.size() * 3, 0);
  EXPECT_THAT(Cut(), IsEmpty());
  EXPECT_EQ(counts_.stretches, 5);
}

TEST_F(WindowCutterTest, LongStretchesKeepTheirPace) {
  card_.rate_hz = 30;  // a period that is no whole number of nanoseconds
  series_.rate_hz = 10;
  hop_ = 10;
  double last = 0;
  const int rows = 360'000;  // 10 hours
  for (int i = 0; i < rows; ++i) Row(i * 100.0);
  for (const auto& window : Cut()) last = window.back();
  const auto samples = static_cast<double>(counts_.windows * 10);
  EXPECT_NEAR(last, (samples - 1) * 1000 / 30, 1e-3);
  EXPECT_EQ(counts_.windows, 107'999);
}

TEST_F(WindowCutterTest, AWindowKnowsWhereItLies) {
  Rows(0, 25);
  Row(244);        // passed over
  Rows(1000, 12);  // after a gap
  auto cutter = WindowCutter::Create(card_, series_, 5);
  ASSERT_TRUE(cutter.ok()) << cutter.status();
  std::vector<WindowPlace> places;
  const auto keep = [&](const std::vector<double>&) {
    places.push_back(cutter->place());
    return absl::OkStatus();
  };
  ASSERT_TRUE(cutter->Add(batch_, 700, keep).ok());
  ASSERT_THAT(places, SizeIs(5));
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(places[i].first_index, 700 + 5 * i);
    EXPECT_EQ(places[i].last_index, 709 + 5 * i);
    EXPECT_EQ(places[i].start_ns, static_cast<int64_t>(50 * i) * kMs);
    EXPECT_EQ(places[i].end_ns, static_cast<int64_t>(50 * i + 90) * kMs);
    EXPECT_EQ(places[i].stretch, 1);
  }
  EXPECT_EQ(places[4].first_index, 726U);
  EXPECT_EQ(places[4].start_ns, 1000 * kMs);
  EXPECT_EQ(places[4].stretch, 2);
}

// Samples between rows are those of the row behind them.
TEST_F(WindowCutterTest, ASlowSeriesIsCutAtItsRows) {
  series_.rate_hz = 50;
  Rows(0, 12, 20);
  auto cutter = WindowCutter::Create(card_, series_, 1);
  ASSERT_TRUE(cutter.ok()) << cutter.status();
  std::vector<uint64_t> first;
  ASSERT_TRUE(cutter
                  ->Add(batch_,
                        [&](const std::vector<double>&) {
                          first.push_back(cutter->place().first_index);
                          return absl::OkStatus();
                        })
                  .ok());
  ASSERT_GE(first.size(), 4U);
  EXPECT_EQ(first[0], 0U);
  EXPECT_EQ(first[1], 1U);
  EXPECT_EQ(first[2], 1U);
  EXPECT_EQ(first[3], 2U);
}

TEST_F(WindowCutterTest, TheVisitorsErrorEndsIt) {
  Rows(0, 100);
  auto cutter = WindowCutter::Create(card_, series_, 0);
  int visits = 0;
  const absl::Status status =
      cutter->Add(batch_, [&](const std::vector<double>&) {
        return ++visits < 3 ? absl::OkStatus() : absl::DataLossError("third");
      });
  EXPECT_EQ(status, absl::DataLossError("third"));
  EXPECT_EQ(visits, 3);
}

TEST_F(WindowCutterTest, WhatCannotBeCutIsRefused) {
  hop_ = -1;
  EXPECT_THAT(Fault(), HasSubstr("found -1"));
  hop_ = 65537;
  EXPECT_THAT(Fault(), HasSubstr("65537"));
  hop_ = 0;
  series_.rate_hz = 12;
  EXPECT_THAT(Fault(), HasSubstr("the series has 12"));
  series_.rate_hz = 100;
  card_.channels = {"u"};
  EXPECT_THAT(Fault(), HasSubstr("'u'"));
}

}  // namespace
}  // namespace fovea
