// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether x264 does what a map says, read back from the bitstream, over
// every rate mode, preset, thread mode and odd sizes. The pictures are noise
// so strong that each macroblock has residual to code: a block without any
// carries no QP of its own and would say nothing.

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "codec/video_encoder.h"
#include "tests/support/coded_qps.h"

namespace fovea {
namespace {

constexpr int kFrames = 12;

struct Size {
  int width, height;
};
void PrintTo(const Size& size, std::ostream* out) {
  *out << size.width << "x" << size.height;
}

struct Rate {
  const char* name;
  double crf;
  int64_t budget, ceiling;
};

std::vector<Frame> Noise(Size size) {
  std::mt19937 random(3);
  std::vector<Frame> frames;
  for (int index = 0; index < kFrames; ++index) {
    auto buffer = FrameBuffer::Allocate(size.width, size.height);
    EXPECT_TRUE(buffer.ok());
    for (int plane = 0; plane < 3; ++plane) {
      const int columns = plane ? (size.width + 1) / 2 : size.width;
      const int rows = plane ? (size.height + 1) / 2 : size.height;
      for (int i = 0; i < columns * rows; ++i) {
        buffer->plane(
            plane)[i / columns * buffer->stride(plane) + i % columns] =
            static_cast<uint8_t>(64 + random() % 128);
      }
    }
    frames.push_back(std::move(*buffer).Release());
    frames.back().pts = index;
  }
  return frames;
}

// Offsets 0 to 12 in patches.
QualityMap Patches(Size size) {
  QualityMap map{MacroblockCount(size.width), MacroblockCount(size.height), {}};
  for (int i = 0; i < map.columns * map.rows; ++i) {
    const int x = i % map.columns;
    const int y = i / map.columns;
    map.qp_offset.push_back(static_cast<uint8_t>((x / 2 + y) % 4 * 4));
  }
  return map;
}

// preset, zero latency, threads, size
using Setting = std::tuple<std::string, bool, int, Size>;

class MapHonouredTest : public ::testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    const auto& [preset, zero_latency, threads, size] = GetParam();
    options_.preset = preset;
    options_.zero_latency = zero_latency;
    options_.threads = threads;
    options_.camera.width = size.width;
    options_.camera.height = size.height;
    options_.camera.time_base = {1, 25};
    options_.camera.frame_rate = {25, 1};
    options_.gop_frames = 6;
    map_ = Patches(size);
    frames_ = Noise(size);
    if (NewVideoEncoder(options_).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
  }

  testing::CodedQps Code(const QualityMap& map) {
    auto coded = testing::EncodeAndReadQps(options_, frames_, &map);
    EXPECT_TRUE(coded.ok()) << coded.status();
    return coded.ok() ? *std::move(coded) : testing::CodedQps();
  }

  double CorrelationOnKeyframes() {
    const QualityMap zero{map_.columns, map_.rows,
                          std::vector<uint8_t>(map_.qp_offset.size())};
    return testing::MapCorrelation(Code(map_), Code(zero), map_);
  }

  VideoEncoderOptions options_;
  QualityMap map_;
  std::vector<Frame> frames_;
};

TEST_P(MapHonouredTest, ExactModeIsBasePlusMap) {
  options_.map_mode = MapMode::kExact;
  // Finer than 20, noise is cheaper raw, and raw blocks have no QP.
  for (const int base : {20, 28, 36}) {
    options_.crf = base;
    const testing::CodedQps coded = Code(map_);
    ASSERT_EQ(coded.pictures.size(), static_cast<size_t>(kFrames));
    EXPECT_LE(testing::MeanQpError(coded, base, map_, false), 0.5)
        << "base QP " << base;
  }
}

TEST_P(MapHonouredTest, StackedModeFollowsTheMapOnKeyframes) {
  constexpr Rate kRates[] = {{"crf", 24, 0, 0},
                             {"budget", 24, 200'000, 0},
                             {"crf under a ceiling", 24, 0, 300'000}};
  for (const Rate& rate : kRates) {
    options_.crf = rate.crf;
    options_.bytes_per_second = rate.budget;
    options_.max_bytes_per_second = rate.ceiling;
    EXPECT_GE(CorrelationOnKeyframes(), 0.9) << rate.name;
  }
}

TEST_P(MapHonouredTest, EveryAqModeKeepsMaps) {
  for (const AqMode aq :
       {AqMode::kNone, AqMode::kAutoVariance, AqMode::kAutoVarianceBiased}) {
    options_.aq_mode = aq;
    options_.mb_tree = aq != AqMode::kNone;
    EXPECT_GE(CorrelationOnKeyframes(), 0.9) << static_cast<int>(aq);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Setting>& info) {
  const auto& [preset, zero_latency, threads, size] = info.param;
  return preset + (zero_latency ? "_live_" : "_ahead_") +
         std::to_string(threads) + "thr_" + std::to_string(size.width) + "x" +
         std::to_string(size.height);
}

INSTANTIATE_TEST_SUITE_P(
    Presets, MapHonouredTest,
    ::testing::Combine(::testing::Values<std::string>("ultrafast", "superfast",
                                                      "veryfast", "medium",
                                                      "veryslow"),
                       ::testing::Bool(), ::testing::Values(1, 3),
                       ::testing::Values(Size{208, 112}, Size{131, 97})),
    NameOf);

}  // namespace
}  // namespace fovea
