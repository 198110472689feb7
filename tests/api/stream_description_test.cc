// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stream_description.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

TEST(StreamDescription, CameraComesBack) {
  StreamDescription in;
  in.camera.width = 641;
  in.camera.height = 361;
  in.camera.time_base = {1, 90000};
  in.camera.frame_rate = {30000, 1001};
  in.camera.rotation_degrees = 270;
  in.camera.color = {true, 1, 13, 6};
  in.camera.interlaced = true;
  in.source = "a b\xff.mp4";  // not UTF-8: must not throw
  in.copied = true;
  in.framing = 4;
  in.codec_config = {1, 0x64, 0, 0xff};
  in.notes = {"one", "two"};
  auto out = DecodeStreamDescription(EncodeStreamDescription(in));
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->camera.width, 641);
  EXPECT_EQ(out->camera.time_base, in.camera.time_base);
  EXPECT_EQ(out->camera.frame_rate, in.camera.frame_rate);
  EXPECT_EQ(out->camera.rotation_degrees, 270);
  EXPECT_EQ(out->camera.color, in.camera.color);
  EXPECT_TRUE(out->camera.interlaced);
  EXPECT_TRUE(out->copied);
  EXPECT_EQ(out->framing, 4);
  EXPECT_EQ(out->codec_config, in.codec_config);
  EXPECT_EQ(out->notes, in.notes);
}

TEST(StreamDescription, SeriesComesBack) {
  StreamDescription in;
  in.kind = StreamKind::kImu;
  in.series.channels = {{"gyro_x", "rad/s"}, {"accel_x", "m/s2"}};
  in.series.rate_hz = 201.87;
  auto out = DecodeStreamDescription(EncodeStreamDescription(in));
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->kind, StreamKind::kImu);
  EXPECT_EQ(out->series.channels, in.series.channels);
  EXPECT_EQ(out->series.rate_hz, in.series.rate_hz);
}

TEST(StreamDescription, DamageIsAnError) {
  const std::string good = EncodeStreamDescription({});
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(DecodeStreamDescription(good.substr(0, cut)).ok()) << cut;
  }
  EXPECT_FALSE(DecodeStreamDescription("[]").ok());
  EXPECT_FALSE(DecodeStreamDescription("{}").ok());
}

TEST(StreamDescription, NumbersThatDoNotFitAreDamage) {
  StreamDescription in;
  in.overlap = OverlapNote();
  in.overlap->mask = {1, 1, {true}};
  const std::string good = EncodeStreamDescription(in);
  ASSERT_TRUE(DecodeStreamDescription(good).ok());
  for (const auto& [field, value] :
       {std::pair("\"columns\":", "1e300"),
        {"\"columns\":", "1.0"},
        {"\"columns\":", "4294967297"},
        {"\"next_index\":", "-1"},
        {"\"kind\":", "256"},
        {"\"bytes_after\":", "18446744073709551615"},
        {"\"version\":", "\"1\""}}) {
    std::string bad = good;
    const size_t begin = bad.find(field) + std::string(field).size();
    ASSERT_NE(bad.find(field), std::string::npos) << field;
    bad.replace(begin, bad.find_first_of(",}", begin) - begin, value);
    const absl::Status status = DecodeStreamDescription(bad).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << field << value << ": " << status;
  }
}

TEST(StreamDescription, NewerVersionIsRefusedByName) {
  auto out = DecodeStreamDescription("{\"version\": 99}");
  EXPECT_EQ(out.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(out.status().message().find("99"), std::string::npos);
}

}  // namespace
}  // namespace fovea
