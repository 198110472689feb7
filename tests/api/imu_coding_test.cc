// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/imu_coding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fovea {
namespace {

const SeriesInfo kSi = {{{"gyro_x", "rad/s"},
                         {"gyro_y", "rad/s"},
                         {"accel_x", "m/s2"},
                         {"temperature", ""}},
                        200};

absl::StatusOr<SeriesCoding> Coding(const std::string& bounds,
                                    const SeriesInfo& series = kSi) {
  auto parsed = ParseImuBounds(bounds);
  if (!parsed.ok()) return parsed.status();
  ImuCodingOptions options;
  options.level = ImuLevel::kFast;
  options.bounds = *parsed;
  return ImuCodingFor(options, series);
}

TEST(ImuCodingTest, ConvertsBoundsToTheChannelsUnits) {
  const auto coding = Coding("accel=0.02g,gyro=0.1dps");
  ASSERT_TRUE(coding.ok()) << coding.status();
  EXPECT_EQ(coding->level, ImuLevel::kFast);
  ASSERT_EQ(coding->bounds.size(), 4u);
  EXPECT_NEAR(coding->bounds[0], 0.0017453292519943296, 1e-15);
  EXPECT_EQ(coding->bounds[0], coding->bounds[1]);
  EXPECT_NEAR(coding->bounds[2], 0.196133, 1e-12);
  EXPECT_EQ(coding->bounds[3], 0);
  const SeriesInfo raw = {{{"gyro_x", "deg/s"}, {"accel_x", "g"}}, 400};
  EXPECT_EQ(Coding("accel=0.02g,gyro=0.1dps", raw)->bounds,
            (std::vector<double>{0.1, 0.02}));
  EXPECT_NEAR(Coding("accel=196.133e-3m/s2", raw)->bounds[1], 0.02, 1e-12);
}

TEST(ImuCodingTest, WithoutAUnitABoundIsInTheChannelsOwn) {
  EXPECT_EQ(Coding("temperature=0.5,gyro_y=1e-3")->bounds,
            (std::vector<double>{0, 1e-3, 0, 0.5}));
}

TEST(ImuCodingTest, WithoutBoundsThereAreNone) {
  EXPECT_TRUE(ImuCodingFor({}, kSi)->bounds.empty());
}

TEST(ImuCodingTest, RefusesWhatIsNoBound) {
  for (const char* text :
       {"", "accel", "=1", "accel=", "accel=g", "accel=-1g", "accel=0g",
        "accel=nang", "accel=inf", "accel=1parsec", "accel=1g,", "accel=1.2.3g",
        "accel=1e400g"}) {
    const auto bounds = ParseImuBounds(text);
    EXPECT_EQ(bounds.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ImuCodingTest, NamesABoundThatFitsNoChannel) {
  const auto nobody = Coding("magnet=1uT").status();
  EXPECT_EQ(nobody.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(nobody.message().find("accel_x"), std::string::npos) << nobody;
  const auto unit = Coding("accel=1dps").status();
  EXPECT_NE(unit.message().find("m/s2"), std::string::npos) << unit;
  EXPECT_FALSE(Coding("temperature=1g").ok());
}

TEST(ImuCodingTest, ABoundIsOfOneTrackOfSeveral) {
  Track gyro, accel;
  gyro.kind = accel.kind = StreamKind::kImu;
  gyro.series.channels = {{"gyro_x", "rad/s"}};
  accel.series.channels = {{"accel_x", "m/s2"}};
  const auto bounds = *ParseImuBounds("accel=0.02g,gyro=0.1dps");
  EXPECT_TRUE(CheckImuBounds(bounds, std::vector{gyro, accel}).ok());
  EXPECT_EQ(ImuBoundsOf(bounds, gyro.series).size(), 1u);
  EXPECT_EQ(CheckImuBounds(bounds, std::vector{gyro}).code(),
            absl::StatusCode::kInvalidArgument);
  gyro.kind = StreamKind::kSeries;
  EXPECT_TRUE(CheckImuBounds(bounds, std::vector{gyro}).ok());  // none at all
}

TEST(ImuCodingTest, SaysLevelAndBounds) {
  const auto coding = Coding("accel=0.5m/s2,temperature=2");
  EXPECT_EQ(ImuCodingText(*coding, {}, kSi),
            "imu level=fast accel_x<=0.5 m/s2 temperature<=2");
}

}  // namespace
}  // namespace fovea
