// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/points.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using ::testing::HasSubstr;

class PointFileTest : public ::testing::Test {
 protected:
  static Point MakePoint(const std::string& name) {
    Point point;
    point.settings = "{\"policy\":\"" + name + "\"}";
    point.clip = "ua";
    point.policy = name;
    point.judge = "yolox";
    point.crf = 26.5;
    point.frames_per_second = 29.97;
    point.every = 2;
    point.frame_bytes = {1000, 200, 300};
    point.agreement = {{3, 1, 2, 0.1, 7.3}, {4, 0, 0, 1.0 / 3, 8}};
    point.cost = {0.5, 11.25, 1, 25};
    return point;
  }

  std::unique_ptr<PointFile> Open() {
    auto file = PointFile::Open(dir_.path(), PointFile::Mode::kWrite);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }

  std::string Text() const {
    const auto bytes = testing::ReadFileBytes(dir_.File("points.jsonl"));
    return {bytes.begin(), bytes.end()};
  }

  testing::TempDir dir_;
};

TEST_F(PointFileTest, PointsAreFoundAgainExactly) {
  const Point point = MakePoint("plain");
  ASSERT_TRUE(Open()->Add(point).ok());
  const auto file = Open();
  EXPECT_TRUE(file->Has(point.settings));
  EXPECT_FALSE(file->Has(MakePoint("proxy").settings));
  const Point read = file->Get(point.settings);
  EXPECT_EQ(read.policy, "plain");
  EXPECT_EQ(read.crf, 26.5);
  EXPECT_EQ(read.frame_bytes, point.frame_bytes);
  ASSERT_EQ(read.agreement.size(), 2U);
  EXPECT_EQ(read.agreement[1].distance, 1.0 / 3);
  EXPECT_EQ(read.cost.encode_ms, 11.25);
  EXPECT_EQ(read.bytes(), 1500);
}

TEST_F(PointFileTest, AMissingPointHasNoSettings) {
  EXPECT_EQ(Open()->Get("{}").settings, "");
}

TEST_F(PointFileTest, ATornLastLineIsDroppedAndWrittenAnew) {
  ASSERT_TRUE(Open()->Add(MakePoint("plain")).ok());
  const std::string whole = Text();
  for (const size_t torn : {size_t{1}, whole.size() / 2, whole.size() - 1}) {
    testing::WriteFileText(dir_.File("points.jsonl"),
                           whole + whole.substr(0, torn));
    ASSERT_TRUE(Open()->Add(MakePoint("proxy")).ok());
    const auto again = Open();
    EXPECT_TRUE(again->Has(MakePoint("plain").settings));
    EXPECT_TRUE(again->Has(MakePoint("proxy").settings));
  }
}

TEST_F(PointFileTest, OneWritesAndOthersMayRead) {
  const auto writer = Open();
  ASSERT_TRUE(writer->Add(MakePoint("plain")).ok());
  EXPECT_EQ(
      PointFile::Open(dir_.path(), PointFile::Mode::kWrite).status().code(),
      absl::StatusCode::kFailedPrecondition);
  testing::WriteFileText(dir_.File("points.jsonl"), Text() + "{\"half");
  const auto reader = PointFile::Open(dir_.path(), PointFile::Mode::kRead);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE((*reader)->Has(MakePoint("plain").settings));
  EXPECT_FALSE((*reader)->Add(MakePoint("proxy")).ok());
  EXPECT_THAT(Text(), HasSubstr("{\"half"));
}

TEST_F(PointFileTest, DamageInsideNamesTheLine) {
  ASSERT_TRUE(Open()->Add(MakePoint("plain")).ok());
  for (const char* damage : {"no json", "{}", "{\"settings\":{},\"clip\":3}"}) {
    testing::WriteFileText(
        dir_.File("points.jsonl"),
        Text().substr(0, Text().find('\n') + 1) + damage + "\n" + Text());
    const auto file = PointFile::Open(dir_.path(), PointFile::Mode::kWrite);
    ASSERT_EQ(file.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(file.status().message()), HasSubstr("line 2"));
  }
}

}  // namespace
}  // namespace fovea::bench
