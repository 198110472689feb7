// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/table.h"

namespace fovea::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSecond = 1'000'000'000;

TEST(RateEstimate, IsExactForASteadyRate) {
  RateEstimate rate;
  for (int i = 0; i <= 50; ++i) rate.Update(i * kSecond / 10, i * 3.0);
  EXPECT_NEAR(rate.per_second(), 30, 1e-9);
  EXPECT_EQ(rate.RemainingNs(450), 10 * kSecond);
}

TEST(RateEstimate, IsFairFromTheSecondUpdateOn) {
  RateEstimate rate;
  rate.Update(0, 0);
  EXPECT_EQ(rate.per_second(), 0);
  EXPECT_FALSE(rate.RemainingNs(100).has_value());
  rate.Update(kSecond / 10, 2);
  EXPECT_NEAR(rate.per_second(), 20, 1e-9);
}

TEST(RateEstimate, FollowsAChangeWithinItsHalfLife) {
  RateEstimate rate(3);
  double done = 0;
  for (int i = 0; i <= 1000; ++i) rate.Update(i * kSecond / 10, done += 1);
  for (int i = 1001; i <= 1030; ++i) rate.Update(i * kSecond / 10, done += 3);
  EXPECT_NEAR(rate.per_second(), 20, 0.5);  // halfway from 10 to 30
}

TEST(RateEstimate, IgnoresTimeThatDoesNotPass) {
  RateEstimate rate;
  rate.Update(kSecond, 0);
  rate.Update(2 * kSecond, 10);
  rate.Update(2 * kSecond, 1000);
  rate.Update(kSecond, 1000);
  EXPECT_NEAR(rate.per_second(), 10, 1e-9);
}

ProgressState SomeFrames() {
  ProgressState state;
  state.label = "front.mp4";
  state.done = 14560;
  state.total = 17982;
  state.unit = "frames";
  state.rate = 212;
  state.remaining_ns = 16 * kSecond;
  state.bytes_in = 412'000'000;
  state.bytes_out = 61'000'000;
  return state;
}

TEST(ProgressLine, TellsShareRateTimeLeftAndBytes) {
  const std::string line = ProgressLine(SomeFrames(), 200, false);
  EXPECT_EQ(line,
            "front.mp4  80 %  14,560/17,982 frames  212/s  eta 16 s  412 MB "
            "-> 61.0 MB");
}

TEST(ProgressLine, NeverReachesTheLastColumn) {
  for (int columns = 1; columns < 120; ++columns) {
    const std::string line = ProgressLine(SomeFrames(), columns, true);
    EXPECT_LE(DisplayWidth(line), static_cast<size_t>(std::max(columns - 1, 1)))
        << columns;
  }
}

TEST(ProgressLine, LeavesOutWhatIsUnknown) {
  ProgressState state;
  state.label = "rtsp://cam";
  state.done = 5;
  state.unit = "frames";
  const std::string line = ProgressLine(state, 200, true);
  EXPECT_EQ(line, "rtsp://cam  5 frames");
}

TEST(ProgressLine, LabelsCannotMoveTheCursor) {
  ProgressState state;
  state.label = "a\x1b[2Jb";
  EXPECT_THAT(ProgressLine(state, 200, true), Not(HasSubstr("\x1b")));
}

struct Written {
  std::vector<std::string> pieces;
  ProgressPrinter Printer(ProgressMode mode) {
    return ProgressPrinter(
        mode, 80, [this](const std::string& s) { pieces.push_back(s); });
  }
};

TEST(ProgressPrinter, RedrawsABarAtMostTenTimesASecond) {
  Written written;
  ProgressPrinter printer = written.Printer(ProgressMode::kBar);
  for (int ms = 0; ms < 1000; ++ms) {
    printer.Update(ms * 1'000'000LL, SomeFrames());
  }
  EXPECT_EQ(written.pieces.size(), 10U);
  EXPECT_EQ(written.pieces[0].substr(0, 1), "\r");
}

TEST(ProgressPrinter, PlainLinesComeEveryFiveSecondsWithoutControlCodes) {
  Written written;
  ProgressPrinter printer = written.Printer(ProgressMode::kPlain);
  for (int s = 0; s <= 20; ++s) printer.Update(s * kSecond, SomeFrames());
  ASSERT_EQ(written.pieces.size(), 4U);
  for (const std::string& piece : written.pieces) {
    EXPECT_THAT(piece, Not(HasSubstr("\r")));
    EXPECT_EQ(piece.back(), '\n');
  }
}

TEST(ProgressPrinter, MessagesTakeTheBarAwayFirst) {
  Written written;
  ProgressPrinter printer = written.Printer(ProgressMode::kBar);
  printer.Message("before");
  printer.Update(0, SomeFrames());
  printer.Message("after");
  EXPECT_EQ(written.pieces[0], "before\n");
  EXPECT_EQ(written.pieces[2], "\r\x1b[K");
  EXPECT_EQ(written.pieces[3], "after\n");
}

TEST(ProgressPrinter, NoneIsSilent) {
  Written written;
  ProgressPrinter printer = written.Printer(ProgressMode::kNone);
  for (int s = 0; s <= 20; ++s) printer.Update(s * kSecond, SomeFrames());
  EXPECT_TRUE(written.pieces.empty());
}

}  // namespace
}  // namespace fovea::cli
