// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/encode_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/decode_file.h"
#include "api/inspect.h"
#include "codec/allocation.h"
#include "codec/map_file.h"
#include "codec/sensitivity_file.h"
#include "tests/api/small_video.h"
#include "tests/support/test_data.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr int kFrames = 12;

class EncodeFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (NewVideoEncoder(SmallEncoder()).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
    options_.input = dir_.File("in.y4m");
    options_.output = dir_.File("out.mp4");
    options_.encoder.gop_frames = 5;
    SetSize(96, 64);
  }

  static VideoEncoderOptions SmallEncoder() {
    VideoEncoderOptions options;
    options.camera.width = options.camera.height = 16;
    return options;
  }

  void SetSize(int width, int height) {
    width_ = width;
    height_ = height;
    testing::WriteSmallVideo(options_.input, width, height, kFrames);
  }

  EncodeFileReport Encode() {
    const auto report = EncodeFile(options_, nullptr, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : EncodeFileReport();
  }

  absl::Status Refused() {
    const absl::Status status = EncodeFile(options_, nullptr, nullptr).status();
    EXPECT_FALSE(std::filesystem::exists(options_.output));
    EXPECT_FALSE(status.ok());
    return status;
  }

  Inspection Inspected() {
    const auto inspection =
        InspectFile(options_.output, InspectOptions(), nullptr, nullptr);
    EXPECT_TRUE(inspection.ok()) << inspection.status();
    return inspection.ok() ? *inspection : Inspection();
  }

  void UseFile(MapOrigin origin, const std::string& text) {
    options_.map.origin = origin;
    options_.map.paths = {dir_.File("map")};
    testing::WriteFileText(options_.map.paths[0], text);
  }

  // The left half fine, the right half coarse, from frame 0.
  std::string HalfMap() const {
    MapSequence sequence;
    sequence.columns = MacroblockCount(width_);
    sequence.rows = MacroblockCount(height_);
    QualityMap map{sequence.columns, sequence.rows, {}};
    for (int i = 0; i < map.columns * map.rows; ++i) {
      map.qp_offset.push_back(i % map.columns < map.columns / 2 ? 0 : 12);
    }
    sequence.maps[0] = map;
    return MapsText(sequence);
  }

  // Frame 0: all equal. Frame 6: the first macroblock alone counts.
  void UseSensitivities(int width, int height) {
    SensitivityInfo info;
    info.width = width;
    info.height = height;
    info.models = {{"detector", {7}}};
    std::vector<uint8_t> bytes;
    const auto writer = SensitivityWriter::Create(info, &bytes);
    SensitivityFrame frame;
    const auto count = static_cast<size_t>(info.columns() * info.rows());
    frame.plane[0].assign(count, 1e-6);
    ASSERT_TRUE((*writer)->Add(frame, &bytes).ok());
    frame.index = 6;
    frame.plane[0].assign(count, 0);
    frame.plane[0][0] = 1e-6;
    ASSERT_TRUE((*writer)->Add(frame, &bytes).ok());
    (*writer)->Finish(&bytes);
    UseFile(MapOrigin::kSensitivity, std::string(bytes.begin(), bytes.end()));
  }

  // One frame in which block `peak` alone matters; chroma, where it is above
  // zero, per sample in relation to luma.
  std::string WritePeak(const std::string& name, size_t peak, double chroma) {
    SensitivityInfo info;
    info.width = width_;
    info.height = height_;
    info.planes = chroma > 0 ? 3 : 1;
    std::vector<uint8_t> bytes;
    const auto writer = SensitivityWriter::Create(info, &bytes);
    SensitivityFrame frame;
    for (int i = 0; i < info.planes; ++i) {
      frame.plane[static_cast<size_t>(i)].assign(
          static_cast<size_t>(info.columns() * info.rows()), 0);
      frame.plane[static_cast<size_t>(i)][peak] = i == 0 ? 1 : chroma;
    }
    EXPECT_TRUE((*writer)->Add(frame, &bytes).ok());
    (*writer)->Finish(&bytes);
    testing::WriteFileBytes(dir_.File(name), bytes);
    return dir_.File(name);
  }

  QualityMap FirstMap() {
    options_.side_data = SideDataPlace::kFrame;
    Encode();
    const Inspection inspection = Inspected();
    EXPECT_FALSE(inspection.side_data.empty());
    if (inspection.side_data.empty()) return {};
    return inspection.side_data[0].data.map.value_or(QualityMap());
  }

  testing::TempDir dir_;
  EncodeFileOptions options_;
  int width_ = 0;
  int height_ = 0;
};

TEST_F(EncodeFileTest, SaysThatTheProxyIsAGuess) {
  const EncodeFileReport report = Encode();
  EXPECT_EQ(report.frames, kFrames);
  EXPECT_EQ(report.keyframes, 3);
  EXPECT_EQ(report.mapped_frames, kFrames);
  EXPECT_THAT(report.map, HasSubstr("proxy"));
  EXPECT_THAT(report.map, HasSubstr("guess"));
  EXPECT_FALSE(report.lossy());
  EXPECT_EQ(report.duration_ns, kFrames * 40'000'000LL);
  EXPECT_EQ(report.file_bytes, std::filesystem::file_size(options_.output));
}

TEST_F(EncodeFileTest, SideDataTravelsWithEveryKeyframe) {
  UseFile(MapOrigin::kMap, HalfMap());
  options_.chroma_qp_offset = -3;
  const EncodeFileReport report = Encode();
  const Inspection inspection = Inspected();
  ASSERT_THAT(inspection.side_data, SizeIs(3));
  const QualitySideData& data = inspection.side_data[1].data;
  EXPECT_EQ(inspection.side_data[1].frame, 5U);
  EXPECT_EQ(data.chroma_qp_offset, -3);
  EXPECT_EQ(data.verdict, QualityVerdict::kUnchecked);
  ASSERT_TRUE(data.map.has_value());
  EXPECT_EQ(data.map->qp_offset[0], 0);
  EXPECT_EQ(data.map->qp_offset[5], 12);
  // MP4 has four bytes before each unit, Annex B three or four.
  EXPECT_NEAR(static_cast<double>(inspection.bytes),
              static_cast<double>(report.bytes), 3 * kFrames);
}

TEST_F(EncodeFileTest, SideDataGoesWhereItIsAsked) {
  UseSensitivities(width_, height_);
  options_.side_data = SideDataPlace::kFrame;
  Encode();
  // At frames 0, 5 and 10 as keyframes, at 6 since the map changed.
  EXPECT_THAT(Inspected().side_data, SizeIs(4));
  options_.side_data = SideDataPlace::kNone;
  EXPECT_EQ(Encode().side_data_bytes, 0U);
  EXPECT_THAT(Inspected().side_data, IsEmpty());
}

TEST_F(EncodeFileTest, EachModelGetsWhatItNeeds) {
  options_.map.origin = MapOrigin::kSensitivity;
  options_.map.paths = {WritePeak("a", 0, 0), WritePeak("b", 23, 0)};
  const QualityMap map = FirstMap();
  ASSERT_THAT(map.qp_offset, SizeIs(24));
  EXPECT_EQ(map.qp_offset[0], 0);
  EXPECT_EQ(map.qp_offset[23], 0);
  EXPECT_EQ(map.qp_offset[9], kMaxQpOffset);
}

TEST_F(EncodeFileTest, BoxesProtectUnderAModelsMap) {
  options_.map.origin = MapOrigin::kSensitivity;
  options_.map.paths = {WritePeak("a", 0, 0)};
  options_.map.protect_path = dir_.File("boxes.csv");
  testing::WriteFileText(options_.map.protect_path,
                         "frame,left,top,right,bottom\n0,50,18,60,30\n");
  const QualityMap map = FirstMap();
  ASSERT_THAT(map.qp_offset, SizeIs(24));
  EXPECT_EQ(map.qp_offset[9], 4);  // column 3, row 1
  EXPECT_EQ(map.qp_offset[10], kMaxQpOffset);
}

TEST_F(EncodeFileTest, PlanesShareOneLagrangian) {
  options_.map.origin = MapOrigin::kSensitivity;
  options_.map.paths = {WritePeak("a", 0, 4)};
  const int asked = Encode().chroma_qp_offset;
  EXPECT_EQ(asked, ChromaQpOffset(1, 4, 4));
  EXPECT_LT(asked, 0);
  EXPECT_EQ(Inspected().side_data[0].data.chroma_qp_offset, asked);
  options_.map.paths = {WritePeak("a", 0, 0)};
  EXPECT_EQ(Encode().chroma_qp_offset, kModelChromaQpOffset)
      << "planes not told apart";
  options_.chroma_qp_offset = 2;
  EXPECT_EQ(Encode().chroma_qp_offset, 2);
}

TEST_F(EncodeFileTest, ExactModeKeepsTheMapInTheBitstream) {
  UseFile(MapOrigin::kMap, HalfMap());
  options_.encoder.map_mode = MapMode::kExact;
  options_.encoder.crf = 20;
  Encode();
  InspectOptions inspect;
  inspect.picture = 0;
  const auto inspection =
      InspectFile(options_.output, inspect, nullptr, nullptr);
  ASSERT_TRUE(inspection.ok()) << inspection.status();
  const MacroblockQps& qps = inspection->picture->qps;
  EXPECT_EQ(qps.columns, 6);
  EXPECT_EQ(qps.qp[0], 20);
  EXPECT_EQ(inspection->frames[0].type, 'I');
  EXPECT_EQ(inspection->frames[1].type, 'P');
}

TEST_F(EncodeFileTest, SensitivitiesAreHeldUntilTheNext) {
  UseSensitivities(width_, height_);
  const EncodeFileReport report = Encode();
  EXPECT_THAT(report.map, HasSubstr("detector"));
  EXPECT_EQ(report.mapped_frames, kFrames);
  EXPECT_GT(report.mean_offset, 4);  // half of the frames nearly all coarse
  EXPECT_LT(report.mean_offset, 10);
}

TEST_F(EncodeFileTest, BoxesKeepTheBaseQuality) {
  UseFile(MapOrigin::kBoxes,
          "frame,left,top,right,bottom\n0,0,16,24,40\n8,0,0,96,64\n");
  options_.map.box_grow = 0;
  const EncodeFileReport report = Encode();
  // 24 blocks: 4 spared in frame 0, all in frame 8, none in the others.
  EXPECT_NEAR(report.mean_offset, 12.0 * (20.0 / 24 + 10) / kFrames, 0.01);
}

TEST_F(EncodeFileTest, PlainHasNoMap) {
  options_.map.origin = MapOrigin::kPlain;
  const EncodeFileReport report = Encode();
  EXPECT_EQ(report.mapped_frames, 0);
  for (const FoundSideData& found : Inspected().side_data) {
    EXPECT_FALSE(found.data.map.has_value());
  }
}

TEST_F(EncodeFileTest, FreezesStillBlocks) {
  options_.freeze = true;
  const EncodeFileReport report = Encode();
  EXPECT_GT(report.frozen_share, 0.2);
  EXPECT_EQ(report.frames, kFrames);
}

TEST_F(EncodeFileTest, FreezesUnasked) {
  EXPECT_FALSE(Encode().freeze) << "the proxy is a guess";
  UseSensitivities(width_, height_);
  EXPECT_TRUE(Encode().freeze) << "a model says what a block bears";
  options_.freeze = false;
  EXPECT_FALSE(Encode().freeze);
}

TEST_F(EncodeFileTest, EqualSettingsGiveEqualBytes) {
  Encode();
  const auto first = testing::ReadFileBytes(options_.output);
  Encode();
  EXPECT_EQ(testing::ReadFileBytes(options_.output), first);
}

// Annex B has no times: what a reader takes for them is the frame rate.
TEST_F(EncodeFileTest, AnnexBKeepsTheFrameRate) {
  options_.output = dir_.File("out.h264");
  Encode();
  const Inspection inspection = Inspected();
  ASSERT_THAT(inspection.frames, SizeIs(kFrames));
  EXPECT_EQ(inspection.frames[1].time_ns, 40'000'000);
}

TEST_F(EncodeFileTest, OddSizesGoThereAndBack) {
  for (const auto& [width, height] : {std::pair{97, 65}, {33, 64}, {96, 41}}) {
    SetSize(width, height);
    UseFile(MapOrigin::kMap, HalfMap());
    Encode();
    DecodeFileOptions decode;
    decode.input = options_.output;
    decode.output = dir_.File("back.y4m");
    const auto report = DecodeFile(decode, nullptr, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->frames, kFrames);
    EXPECT_EQ(report->camera.width, width);
    EXPECT_EQ(report->camera.height, height);
  }
}

TEST_F(EncodeFileTest, RefusesFilesMadeForAnotherPicture) {
  UseSensitivities(width_ + 1, height_);
  absl::Status status = Refused();
  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("97x64"));
  UseFile(MapOrigin::kMap, "fovea-map 1 7 4\n");
  status = Refused();
  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("7x4 macroblocks"));
}

TEST_F(EncodeFileTest, RefusesDamagedMapFiles) {
  UseFile(MapOrigin::kMap, "fovea-map 1 6 4\nframe 0\n0 0 0 0 0 x\n");
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("line 3"));
  UseFile(MapOrigin::kBoxes, "frame,left,top,right,bottom\n0,nan,0,1,1\n");
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("line 2"));
  UseFile(MapOrigin::kSensitivity, "FOVEASEN nonsense");
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("offset"));
  options_.map.paths = {dir_.File("absent")};
  EXPECT_EQ(Refused().code(), absl::StatusCode::kNotFound);
}

// The fault lies behind the first frames: nothing may be left over.
TEST_F(EncodeFileTest, RefusesSensitivitiesThatEndEarly) {
  UseSensitivities(width_, height_);
  auto bytes = testing::ReadFileBytes(options_.map.paths[0]);
  ASSERT_GT(bytes.size(), 8U);
  bytes.erase(bytes.end() - 8, bytes.end());
  testing::WriteFileBytes(options_.map.paths[0], bytes);
  EXPECT_EQ(Refused().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EncodeFileTest, RefusesBudgetsOfNothing) {
  options_.bytes_per_second = 0;
  EXPECT_EQ(Refused().code(), kInvalid);
  options_.bytes_per_second = -5;
  EXPECT_EQ(Refused().code(), kInvalid);
  options_.bytes_per_second.reset();
  options_.max_bytes_per_second = 0;
  EXPECT_EQ(Refused().code(), kInvalid);
}

TEST_F(EncodeFileTest, RefusesSettingsThatWouldNotKeepTheMap) {
  options_.encoder.map_mode = MapMode::kExact;
  options_.bytes_per_second = 100'000;
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("exact"));
  options_.bytes_per_second.reset();
  options_.encoder.crf = 22.5;
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("whole"));
  options_.encoder.map_mode = MapMode::kStacked;
  options_.encoder.crf = 0;
  EXPECT_THAT(std::string(Refused().message()), HasSubstr("lossless"));
}

TEST_F(EncodeFileTest, RefusesWhatIsNoVideoAndWhereItCannotWrite) {
  const std::string input = options_.input;
  options_.input = dir_.File("absent.mp4");
  EXPECT_EQ(Refused().code(), absl::StatusCode::kNotFound);
  options_.input = input;
  options_.output = dir_.File("out.avi");
  EXPECT_EQ(Refused().code(), kInvalid);
  options_.output = dir_.File("no/out.mp4");
  EXPECT_EQ(Refused().code(), absl::StatusCode::kNotFound);
}

TEST_F(EncodeFileTest, SkipsFramesOfAnotherSizeAndSaysSo) {
  options_.output = dir_.File("small.h264");
  Encode();
  SetSize(128, 80);
  options_.output = dir_.File("large.h264");
  Encode();
  auto joined = testing::ReadFileBytes(dir_.File("small.h264"));
  const auto large = testing::ReadFileBytes(dir_.File("large.h264"));
  joined.insert(joined.end(), large.begin(), large.end());
  options_.input = dir_.File("joined.h264");
  options_.output = dir_.File("out.mp4");
  testing::WriteFileBytes(options_.input, joined);
  const EncodeFileReport report = Encode();
  EXPECT_EQ(report.frames, kFrames);
  EXPECT_TRUE(report.lossy());
  ASSERT_THAT(report.skipped, SizeIs(1));
  EXPECT_EQ(report.skipped[0].frames, kFrames);
  EXPECT_THAT(report.skipped[0].why, HasSubstr("128x80"));
  // What inspects the joined file sees it, too.
  const auto inspection =
      InspectFile(options_.input, InspectOptions(), nullptr, nullptr);
  ASSERT_TRUE(inspection.ok()) << inspection.status();
  EXPECT_GT(inspection->damaged, 0);
}

TEST_F(EncodeFileTest, StopsWhenAskedAndLeavesAWholeFile) {
  std::atomic<bool> stop = false;
  const auto progress = [&stop](int64_t done, int64_t) { stop = done == 4; };
  const auto report = EncodeFile(options_, progress, &stop);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(report->frames, 4);
  EXPECT_THAT(Inspected().frames, SizeIs(4));
}

}  // namespace
}  // namespace fovea
