// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/time_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace fovea {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

void ExpectTime(const std::string& text, int64_t ns) {
  const auto parsed = ParseTimeText(text);
  ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
  EXPECT_EQ(*parsed, ns) << text;
}

TEST(TimeText, ReadsNumbersWithUnits) {
  ExpectTime("10s", 10 * kSecond);
  ExpectTime("1m20s", 80 * kSecond);
  ExpectTime("1h20m", 4800 * kSecond);
  ExpectTime("2d", 2 * 86400 * kSecond);
  ExpectTime("250ms", 250'000'000);
  ExpectTime("40us", 40'000);
  ExpectTime("1500ns", 1500);
  ExpectTime("1s1ns", kSecond + 1);
  ExpectTime("1.5h", 5400 * kSecond);
  ExpectTime("-1m", -60 * kSecond);
}

TEST(TimeText, BareNumbersAreSeconds) {
  ExpectTime("12.5", 12'500'000'000);
  ExpectTime("0", 0);
  ExpectTime("-0.000000001", -1);
}

TEST(TimeText, ReadsInstants) {
  ExpectTime("1970-01-01T00:00:00Z", 0);
  ExpectTime("1970-01-01", 0);
  ExpectTime("2001-09-09T01:46:40Z", 1'000'000'000 * kSecond);
  ExpectTime("2026-01-05T10:00Z", 1767607200 * kSecond);
  ExpectTime("2026-01-05T12:00:00.25+02:00",
             1767607200 * kSecond + 250'000'000);
  ExpectTime("1969-12-31T23:59:59.999999999Z", -1);
  ExpectTime("2000-02-29T00:00:00Z", 951782400 * kSecond);
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "s",
                           "ten",
                           "10x",
                           "10 s",
                           "1s1m",
                           "1s1s",
                           "1m20",
                           "1.",
                           ".5",
                           "-",
                           "--5s",
                           "1e9",
                           "0.5ns",
                           "12.1234567891",
                           "2026-13-01",
                           "2026-02-29",
                           "2026-01-05T25:00Z",
                           "2026-01-05T10:61Z",
                           "2026-01-05T10:00Zjunk",
                           "2026-01-05T",
                           "nan"}) {
    EXPECT_FALSE(ParseTimeText(text).ok()) << text;
  }
}

TEST(TimeText, RefusesTimesBeyond64Bits) {
  ExpectTime("9223372036854775807ns", INT64_MAX);
  EXPECT_FALSE(ParseTimeText("999999999999999999s").ok());
  EXPECT_FALSE(ParseTimeText("999999999999999999d").ok());
  EXPECT_FALSE(ParseTimeText("9999-01-01").ok());
}

TEST(TimeText, DurationsAreNeverNegativeOrInstants) {
  EXPECT_TRUE(ParseDurationText("10s").ok());
  EXPECT_FALSE(ParseDurationText("-10s").ok());
  EXPECT_FALSE(ParseDurationText("2026-01-05").ok());
}

TEST(TimeText, InstantsReadBackToTheSameNanosecond) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto ns = static_cast<int64_t>(random());
    if (FormatRfc3339(ns).size() > 30) continue;  // beyond year 9999
    ExpectTime(FormatRfc3339(ns), ns);
  }
}

TEST(TimeText, EveryDayOfFourCenturiesReadsBack) {
  for (int64_t day = -80'000; day < 90'000; ++day) {
    const int64_t ns = day * 86400 * kSecond;
    ExpectTime(FormatRfc3339(ns), ns);
  }
}

TEST(TimeText, WritesDurationsForPeople) {
  EXPECT_EQ(FormatDuration(0), "0 s");
  EXPECT_EQ(FormatDuration(1), "1 ns");
  EXPECT_EQ(FormatDuration(250'000'000), "250 ms");
  EXPECT_EQ(FormatDuration(11'750'000'000), "11.8 s");
  EXPECT_EQ(FormatDuration(2 * kSecond), "2 s");
  EXPECT_EQ(FormatDuration(80 * kSecond), "1m20s");
  EXPECT_EQ(FormatDuration(7380 * kSecond), "2h03m");
  EXPECT_EQ(FormatDuration(-80 * kSecond), "-1m20s");
  EXPECT_EQ(FormatDuration(59'990'000'000), "1m00s");
  EXPECT_EQ(FormatDuration(INT64_MIN).front(), '-');
}

TEST(TimeText, ExactDurationsReadBackToTheSameNanosecond) {
  EXPECT_EQ(FormatExactDuration(0), "0s");
  EXPECT_EQ(FormatExactDuration(1), "1ns");
  EXPECT_EQ(FormatExactDuration(1500), "1.5us");
  EXPECT_EQ(FormatExactDuration(250'000'000), "250ms");
  EXPECT_EQ(FormatExactDuration(10 * kSecond), "10s");
  EXPECT_EQ(FormatExactDuration(60 * kSecond), "1m");
  EXPECT_EQ(FormatExactDuration(4800 * kSecond + 1), "1h20m1ns");
  EXPECT_EQ(FormatExactDuration(-90 * 3600 * kSecond), "-90h");
  EXPECT_EQ(FormatExactTime(12'345'000'000), "12.345s");
  EXPECT_EQ(FormatExactTime(1767607200 * kSecond), "2026-01-05T10:00:00Z");
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const auto ns = static_cast<int64_t>(random()) >> (random() % 64);
    ExpectTime(FormatExactDuration(ns), ns);
    ExpectTime(FormatExactTime(ns), ns);
  }
  ExpectTime(FormatExactDuration(INT64_MIN), INT64_MIN);
  ExpectTime(FormatExactTime(INT64_MAX), INT64_MAX);
}

TEST(TimeText, StreamTimesAreExact) {
  EXPECT_EQ(FormatStreamTime(0), "0 s");
  EXPECT_EQ(FormatStreamTime(33'366'667), "0.033366667 s");
  EXPECT_EQ(FormatStreamTime(-kSecond / 2), "-0.5 s");
  EXPECT_EQ(FormatStreamTime(1767607200 * kSecond), "2026-01-05T10:00:00Z");
}

}  // namespace
}  // namespace fovea
