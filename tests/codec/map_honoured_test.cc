// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether x264 does what a map says, read back from the bitstream, over
// every rate mode, preset, thread mode and odd sizes. The pictures are noise
// so strong that each macroblock has residual to code: a block without any
// carries no QP of its own and would say nothing.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "codec/decode/video_decoder.h"
#include "codec/video_encoder.h"

namespace fovea {
namespace {

constexpr int kFrames = 12;

struct Size {
  int width, height;
};
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

struct Coded {
  std::vector<bool> keyframe;
  std::vector<MacroblockQps> qps;
};

absl::StatusOr<Coded> Code(const VideoEncoderOptions& options,
                           const QualityMap* map) {
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> units;
  for (const Frame& frame :
       Noise({options.camera.width, options.camera.height})) {
    const absl::Status status = (*encoder)->Encode(frame, map, &units);
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*encoder)->Flush(&units); !s.ok()) return s;
  VideoDecoderOptions read;
  read.read_qp = true;
  auto decoder = VideoDecoder::Create(read);
  if (!decoder.ok()) return decoder.status();
  Coded coded;
  std::vector<Frame> pictures;
  for (const EncodedFrame& unit : units) {
    const absl::Status s = (*decoder)->Decode(unit.data, unit.pts, &pictures);
    if (!s.ok()) return s;
    coded.keyframe.push_back(unit.keyframe);
  }
  if (absl::Status s = (*decoder)->Flush(&pictures); !s.ok()) return s;
  coded.qps = (*decoder)->TakeQps();
  EXPECT_EQ(pictures.size(), static_cast<size_t>(kFrames));
  EXPECT_EQ(coded.qps.size(), pictures.size());
  return coded;
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto count = static_cast<double>(a.size());
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum_a += a[i], sum_b += b[i];
    aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  }
  const double variances =
      (aa - sum_a * sum_a / count) * (bb - sum_b * sum_b / count);
  if (variances <= 0) return 0;
  return (ab - sum_a * sum_b / count) / std::sqrt(variances);
}

// preset, zero latency, threads, size
using Setting = std::tuple<const char*, bool, int, Size>;

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
    if (NewVideoEncoder(options_).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
  }

  Coded Code(const QualityMap* map) {
    auto coded = fovea::Code(options_, map);
    EXPECT_TRUE(coded.ok()) << coded.status();
    return coded.ok() ? *std::move(coded) : Coded();
  }

  // Of the map with the QP change it makes.
  double CorrelationOnKeyframes() {
    const QualityMap zero{map_.columns, map_.rows,
                          std::vector<uint8_t>(map_.qp_offset.size())};
    const Coded with = Code(&map_);
    const Coded without = Code(&zero);
    std::vector<double> wanted, got;
    for (size_t k = 0; k < with.qps.size(); ++k) {
      if (!with.keyframe[k] || !without.keyframe[k]) continue;
      for (size_t i = 0; i < map_.qp_offset.size(); ++i) {
        wanted.push_back(map_.qp_offset[i]);
        got.push_back(with.qps[k].qp[i] - without.qps[k].qp[i]);
      }
    }
    EXPECT_FALSE(wanted.empty());
    return Correlation(wanted, got);
  }

  VideoEncoderOptions options_;
  QualityMap map_;
};

TEST_P(MapHonouredTest, ExactModeIsBasePlusMap) {
  options_.map_mode = MapMode::kExact;
  // Finer than 20, noise is cheaper raw, and raw blocks have no QP.
  for (const int base : {20, 28, 36}) {
    options_.crf = base;
    const Coded coded = Code(&map_);
    double error = 0;
    double blocks = 0;
    for (const MacroblockQps& picture : coded.qps) {
      ASSERT_EQ(picture.qp.size(), map_.qp_offset.size());
      for (size_t i = 0; i < picture.qp.size(); ++i) {
        error += std::abs(base + map_.qp_offset[i] - picture.qp[i]);
        ++blocks;
      }
    }
    ASSERT_GT(blocks, 0);
    EXPECT_LE(error / blocks, 0.5) << "base QP " << base;
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
  return std::string(preset) + (zero_latency ? "_live_" : "_ahead_") +
         std::to_string(threads) + "thr_" + std::to_string(size.width) + "x" +
         std::to_string(size.height);
}

INSTANTIATE_TEST_SUITE_P(
    Presets, MapHonouredTest,
    ::testing::Combine(::testing::Values("ultrafast", "superfast", "veryfast",
                                         "medium", "veryslow"),
                       ::testing::Bool(), ::testing::Values(1, 3),
                       ::testing::Values(Size{208, 112}, Size{131, 97})),
    NameOf);

}  // namespace
}  // namespace fovea
