// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/video_encoder.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/decode/video_decoder.h"

namespace fovea {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// NAL unit types of an Annex B access unit, in order.
std::vector<int> NalTypes(const std::vector<uint8_t>& data) {
  std::vector<int> types;
  for (size_t i = 0; i + 3 < data.size(); ++i) {
    if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1) {
      types.push_back(data[i + 3] & 31);
    }
  }
  return types;
}

class VideoEncoderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.camera.time_base = {1, 90'000};
    options_.camera.frame_rate = {25, 1};
    options_.gop_frames = 10;
    SetSize(192, 128);
    if (NewVideoEncoder(options_).status().code() ==
        absl::StatusCode::kUnimplemented) {
      GTEST_SKIP() << "this build has no libx264";
    }
  }

  void SetSize(int width, int height) {
    options_.camera.width = width;
    options_.camera.height = height;
  }

  void Open() {
    auto encoder = NewVideoEncoder(options_);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    encoder_ = std::move(*encoder);
    coded_.clear();
  }

  // A drifting pattern with sensor noise; frame `index` of a 25 fps camera.
  Frame Draw(int index) const {
    const CameraInfo& camera = options_.camera;
    auto buffer = FrameBuffer::Allocate(camera.width, camera.height);
    EXPECT_TRUE(buffer.ok());
    std::mt19937 random(static_cast<uint32_t>(index));
    for (int plane = 0; plane < 3; ++plane) {
      const int columns = plane ? (camera.width + 1) / 2 : camera.width;
      const int rows = plane ? (camera.height + 1) / 2 : camera.height;
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
          const double wave = std::sin((x + 2 * index) * 0.31) +
                              std::sin((y + index) * 0.23 + plane);
          const int noise = static_cast<int>(random() % 9) - 4;
          buffer->plane(plane)[y * buffer->stride(plane) + x] =
              static_cast<uint8_t>(128 + 40 * wave + noise);
        }
      }
    }
    Frame frame = std::move(*buffer).Release();
    frame.pts = index * 3600;
    frame.time_ns = index * 40'000'000LL;
    frame.duration_ns = 40'000'000;
    return frame;
  }

  absl::Status Encode(const Frame& frame, const QualityMap* map = nullptr) {
    return encoder_->Encode(frame, map, &coded_);
  }

  void EncodeFrames(int count, const QualityMap* map = nullptr) {
    for (int i = 0; i < count; ++i) {
      const absl::Status status = Encode(Draw(i), map);
      ASSERT_TRUE(status.ok()) << status;
    }
    const absl::Status status = encoder_->Flush(&coded_);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(coded_.size(), static_cast<size_t>(count));
  }

  std::vector<uint8_t> Bytes() const {
    std::vector<uint8_t> bytes;
    for (const EncodedFrame& frame : coded_) {
      bytes.insert(bytes.end(), frame.data.begin(), frame.data.end());
    }
    return bytes;
  }

  std::vector<uint8_t> BytesOf(int count, const QualityMap* map = nullptr) {
    Open();
    EncodeFrames(count, map);
    return Bytes();
  }

  std::vector<Frame> Decode(int width, int height) const {
    auto decoder = VideoDecoder::Create({width, height, 1});
    EXPECT_TRUE(decoder.ok()) << decoder.status();
    std::vector<Frame> frames;
    for (const EncodedFrame& frame : coded_) {
      const auto status = (*decoder)->Decode(frame.data, frame.pts, &frames);
      EXPECT_TRUE(status.ok()) << status;
    }
    EXPECT_TRUE((*decoder)->Flush(&frames).ok());
    return frames;
  }

  QualityMap Map(uint8_t left, uint8_t right) const {
    QualityMap map;
    map.columns = MacroblockCount(options_.camera.width);
    map.rows = MacroblockCount(options_.camera.height);
    for (int i = 0; i < map.columns * map.rows; ++i) {
      const bool in_left = i % map.columns < map.columns / 2;
      map.qp_offset.push_back(in_left ? left : right);
    }
    return map;
  }

  // Mean squared luma error of columns [from, to) over all frames.
  double Error(const std::vector<Frame>& decoded, int from, int to) const {
    double sum = 0;
    for (size_t i = 0; i < decoded.size(); ++i) {
      const Frame original = Draw(static_cast<int>(i));
      for (int y = 0; y < original.height; ++y) {
        for (int x = from; x < to; ++x) {
          const double e = original.y.data[y * original.y.stride + x] -
                           decoded[i].y.data[y * decoded[i].y.stride + x];
          sum += e * e;
        }
      }
    }
    return sum / static_cast<double>(decoded.size()) / (to - from) /
           options_.camera.height;
  }

  VideoEncoderOptions options_;
  std::unique_ptr<VideoEncoder> encoder_;
  std::vector<EncodedFrame> coded_;
};

TEST_F(VideoEncoderTest, DecodesToTheSameFrames) {
  Open();
  EncodeFrames(25);
  const std::vector<Frame> decoded = Decode(0, 0);
  ASSERT_EQ(decoded.size(), 25u);
  for (size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_EQ(decoded[i].width, 192);
    EXPECT_EQ(decoded[i].height, 128);
    EXPECT_EQ(decoded[i].pts, static_cast<int64_t>(i) * 3600);
  }
  EXPECT_LT(Error(decoded, 0, 192), 25) << "below 34 dB";
}

TEST_F(VideoEncoderTest, CarriesTimesThrough) {
  Open();
  EncodeFrames(25);
  for (size_t i = 0; i < coded_.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    EXPECT_EQ(coded_[i].pts, index * 3600);
    EXPECT_EQ(coded_[i].time_ns, index * 40'000'000);
    EXPECT_EQ(coded_[i].duration_ns, 40'000'000);
  }
}

TEST_F(VideoEncoderTest, EveryGopStartsWithAnIdrAndItsParameterSets) {
  Open();
  EncodeFrames(35);
  for (size_t i = 0; i < coded_.size(); ++i) {
    const std::vector<int> types = NalTypes(coded_[i].data);
    EXPECT_EQ(coded_[i].keyframe, i % 10 == 0) << "frame " << i;
    EXPECT_EQ(types, i % 10 == 0 ? (std::vector<int>{7, 8, 5})
                                 : (std::vector<int>{1}));
  }
}

TEST_F(VideoEncoderTest, EachGopDecodesAlone) {
  Open();
  EncodeFrames(30);
  coded_.erase(coded_.begin(), coded_.begin() + 20);
  EXPECT_EQ(Decode(0, 0).size(), 10u);
}

TEST_F(VideoEncoderTest, GopOfOneFrameIsAllKeyframes) {
  options_.gop_frames = 1;
  Open();
  EncodeFrames(4);
  for (const EncodedFrame& frame : coded_) EXPECT_TRUE(frame.keyframe);
}

TEST_F(VideoEncoderTest, SameInputSameBytes) {
  for (const char* preset : {"ultrafast", "veryfast", "medium"}) {
    for (int threads : {1, 2, 3}) {
      for (const bool live : {false, true}) {
        options_.preset = preset;
        options_.threads = threads;
        options_.zero_latency = live;
        EXPECT_EQ(BytesOf(15), BytesOf(15)) << preset << ", " << threads;
      }
    }
  }
}

// The C library fills what it hands out and what it takes back.
TEST_F(VideoEncoderTest, WhatMemoryHeldBeforeDoesNotCount) {
  SetSize(176, 144);
  mallopt(M_PERTURB, 1);
  const std::vector<uint8_t> ones = BytesOf(30);
  mallopt(M_PERTURB, 2);
  const std::vector<uint8_t> twos = BytesOf(30);
  mallopt(M_PERTURB, 0);
  EXPECT_EQ(ones, twos);
}

TEST_F(VideoEncoderTest, ZeroMapIsNoMap) {
  const QualityMap zero = Map(0, 0);
  EXPECT_EQ(BytesOf(15, &zero), BytesOf(15));
}

TEST_F(VideoEncoderTest, MapCoarsensOnlyWhereItSays) {
  BytesOf(20);
  const size_t plain_size = Bytes().size();
  const auto plain = Decode(0, 0);
  const QualityMap half = Map(0, 12);
  BytesOf(20, &half);
  const auto mapped = Decode(0, 0);
  EXPECT_LT(Bytes().size(), plain_size * 8 / 10);
  EXPECT_GT(Error(mapped, 112, 192), 1.5 * Error(plain, 112, 192));
  EXPECT_LT(Error(mapped, 0, 80), 1.3 * Error(plain, 0, 80));
}

TEST_F(VideoEncoderTest, MapWorksInEveryPresetAndMode) {
  for (const char* preset : {"ultrafast", "superfast", "veryfast", "faster",
                             "fast", "medium", "slow", "slower", "veryslow"}) {
    for (bool zero_latency : {false, true}) {
      for (int gop_frames : {1, 10}) {
        options_.preset = preset;
        options_.zero_latency = zero_latency;
        options_.gop_frames = gop_frames;
        const QualityMap half = Map(0, 12);
        EXPECT_LT(BytesOf(6, &half).size(), BytesOf(6).size() * 9 / 10)
            << preset << ", zero latency " << zero_latency << ", GOP "
            << gop_frames;
      }
    }
  }
}

// Luma noise that varies along x only on the left, along y only on the right.
Frame DrawGratings(int width, int height) {
  auto buffer = FrameBuffer::Allocate(width, height);
  std::mt19937 random(1);
  std::vector<int> along(static_cast<size_t>(std::max(width, height)));
  for (int& value : along) value = 64 + static_cast<int>(random() % 128);
  for (int plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < (plane ? height / 2 : height); ++y) {
      for (int x = 0; x < (plane ? width / 2 : width); ++x) {
        const int at = x < width / 2 ? x : y;
        buffer->plane(plane)[y * buffer->stride(plane) + x] =
            static_cast<uint8_t>(plane ? 128 : along[static_cast<size_t>(at)]);
      }
    }
  }
  return std::move(*buffer).Release();
}

double SquaredError(const Frame& a, const Frame& b, int from, int to) {
  double sum = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = from; x < to; ++x) {
      const double e =
          a.y.data[y * a.y.stride + x] - b.y.data[y * b.y.stride + x];
      sum += e * e;
    }
  }
  return sum;
}

TEST_F(VideoEncoderTest, FrequencyWeightsCoarsenTheirOwnDirection) {
  const Frame gratings = DrawGratings(192, 128);
  options_.crf = 10;
  for (const bool horizontal : {true, false}) {
    for (size_t k = 0; k < 64; ++k) {
      const size_t frequency = horizontal ? k % 8 : k / 8;
      options_.tables.frequency_weight[0][k] = frequency >= 2 ? 8.0F : 1.0F;
    }
    Open();
    ASSERT_TRUE(Encode(gratings).ok());
    ASSERT_TRUE(encoder_->Flush(&coded_).ok());
    const std::vector<Frame> decoded = Decode(0, 0);
    ASSERT_EQ(decoded.size(), 1U);
    const double along_x = SquaredError(gratings, decoded[0], 0, 96);
    const double along_y = SquaredError(gratings, decoded[0], 96, 192);
    if (horizontal) {
      EXPECT_GT(along_x, 4 * along_y);
    } else {
      EXPECT_GT(along_y, 4 * along_x);
    }
  }
}

TEST_F(VideoEncoderTest, QpReportedFollowsMapAndCrf) {
  const auto mean_qp = [&](double crf, uint8_t offset) {
    options_.crf = crf;
    const QualityMap map = Map(offset, offset);
    BytesOf(10, &map);
    double sum = 0;
    for (const EncodedFrame& frame : coded_) sum += frame.qp;
    return sum / 10;
  };
  const double base = mean_qp(23, 0);
  EXPECT_NEAR(mean_qp(29, 0) - base, 6, 1.5);
  EXPECT_NEAR(mean_qp(23, 6) - base, 6, 1.5);
}

TEST_F(VideoEncoderTest, ZeroLatencyGivesOnePictureForEachFrame) {
  options_.zero_latency = true;
  for (int threads : {1, 2}) {
    options_.threads = threads;
    Open();
    for (int i = 0; i < 12; ++i) {
      ASSERT_TRUE(Encode(Draw(i)).ok());
      ASSERT_EQ(coded_.size(), static_cast<size_t>(i + 1));
    }
  }
}

TEST_F(VideoEncoderTest, OddSizesDecodeToTheTrueSize) {
  for (auto [width, height] :
       {std::pair{1, 1}, {2, 3}, {17, 15}, {641, 361}, {64, 16384}}) {
    SetSize(width, height);
    Open();
    EncodeFrames(3);
    const auto cropped = Decode(width, height);
    ASSERT_EQ(cropped.size(), 3u) << width << "x" << height;
    EXPECT_EQ(cropped[0].width, width);
    EXPECT_EQ(cropped[0].height, height);
    EXPECT_LT(Error(cropped, 0, width), 60) << width << "x" << height;
    const auto coded = Decode(0, 0);
    EXPECT_EQ(coded[0].width, width + width % 2);
    EXPECT_EQ(coded[0].height, height + height % 2);
  }
}

TEST_F(VideoEncoderTest, VariableFrameRateKeepsEveryTime) {
  Open();
  std::mt19937 random(4);
  std::vector<int64_t> times;
  int64_t pts = -1'000'000;
  for (int i = 0; i < 40; ++i) {
    Frame frame = Draw(i);
    frame.pts = pts;
    times.push_back(pts);
    ASSERT_TRUE(Encode(frame).ok());
    pts += 1 + static_cast<int64_t>(random() % 20'000);
  }
  ASSERT_TRUE(encoder_->Flush(&coded_).ok());
  ASSERT_EQ(coded_.size(), times.size());
  for (size_t i = 0; i < times.size(); ++i) EXPECT_EQ(coded_[i].pts, times[i]);
  EXPECT_EQ(Decode(0, 0).size(), times.size());
}

TEST_F(VideoEncoderTest, ExtremeTimesAreCarriedToo) {
  options_.camera.time_base = {1, 1'000'000'000};
  Open();
  const std::vector<int64_t> times = {std::numeric_limits<int64_t>::min(), -1,
                                      0, 1'700'000'000'000'000'000,
                                      std::numeric_limits<int64_t>::max()};
  for (size_t i = 0; i < times.size(); ++i) {
    Frame frame = Draw(static_cast<int>(i));
    frame.pts = times[i];
    ASSERT_TRUE(Encode(frame).ok());
  }
  ASSERT_TRUE(encoder_->Flush(&coded_).ok());
  ASSERT_EQ(coded_.size(), times.size());
  for (size_t i = 0; i < times.size(); ++i) EXPECT_EQ(coded_[i].pts, times[i]);
}

TEST_F(VideoEncoderTest, RefusesBackwardTimeAndGoesOn) {
  Open();
  ASSERT_TRUE(Encode(Draw(5)).ok());
  EXPECT_EQ(Encode(Draw(5)).code(), kInvalid);
  EXPECT_EQ(Encode(Draw(4)).code(), kInvalid);
  ASSERT_TRUE(Encode(Draw(6)).ok());
  ASSERT_TRUE(encoder_->Flush(&coded_).ok());
  EXPECT_EQ(coded_.size(), 2u);
  EXPECT_EQ(Decode(0, 0).size(), 2u);
}

TEST_F(VideoEncoderTest, RefusesBadFramesAndGoesOn) {
  Open();
  for (Plane Frame::*plane : {&Frame::y, &Frame::u, &Frame::v}) {
    Frame frame = Draw(0);
    (frame.*plane).data = nullptr;
    EXPECT_EQ(Encode(frame).code(), kInvalid);
    frame = Draw(0);
    (frame.*plane).stride = 10;
    EXPECT_EQ(Encode(frame).code(), kInvalid);
  }
  Frame frame = Draw(0);
  frame.height = 64;
  EXPECT_EQ(Encode(frame).code(), kInvalid);
  EXPECT_TRUE(Encode(Draw(0)).ok());
}

TEST_F(VideoEncoderTest, RefusesMapsThatDoNotFit) {
  Open();
  QualityMap narrow = Map(0, 0);
  --narrow.columns;
  QualityMap cut = Map(0, 0);
  cut.qp_offset.pop_back();
  QualityMap coarse = Map(0, kMaxQpOffset + 1);
  for (const QualityMap* map : {&narrow, &cut, &coarse}) {
    EXPECT_EQ(Encode(Draw(0), map).code(), kInvalid);
  }
  EXPECT_TRUE(Encode(Draw(0)).ok());
}

TEST_F(VideoEncoderTest, NothingAfterFlush) {
  Open();
  ASSERT_TRUE(encoder_->Flush(&coded_).ok());
  EXPECT_EQ(Encode(Draw(0)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(coded_.empty());
}

TEST_F(VideoEncoderTest, RefusesOptionsThatWouldBeIgnored) {
  const VideoEncoderOptions good = options_;
  const auto refuses = [&](auto change) {
    VideoEncoderOptions options = good;
    change(options);
    return NewVideoEncoder(options).status().code() == kInvalid;
  };
  using Options = VideoEncoderOptions;
  EXPECT_TRUE(refuses([](Options& o) { o.crf = 0; }));
  EXPECT_TRUE(refuses([](Options& o) { o.crf = 0.9; }));
  EXPECT_TRUE(refuses([](Options& o) { o.crf = 52; }));
  EXPECT_TRUE(refuses([](Options& o) { o.crf = std::nan(""); }));
  EXPECT_TRUE(refuses([](Options& o) { o.preset = "placebo"; }));
  EXPECT_TRUE(refuses([](Options& o) { o.preset = "3"; }));
  EXPECT_TRUE(refuses([](Options& o) { o.gop_frames = 0; }));
  EXPECT_TRUE(refuses([](Options& o) { o.threads = 0; }));
  EXPECT_TRUE(refuses([](Options& o) { o.camera.width = 0; }));
  EXPECT_TRUE(refuses([](Options& o) { o.camera.height = 16385; }));
  EXPECT_TRUE(refuses([](Options& o) { o.camera.time_base = {0, 1}; }));
  EXPECT_FALSE(refuses([](Options& o) { o.crf = 1; }));
}

TEST_F(VideoEncoderTest, UnknownColourAndRateAreNoObstacle) {
  options_.camera.color = {true, 255, 255, 255};
  options_.camera.sample_aspect = {0, 0};
  options_.camera.frame_rate = {0, 0};
  Open();
  EncodeFrames(3);
  EXPECT_EQ(Decode(0, 0).size(), 3u);
}

// Colour lives in the parameter sets and nowhere else.
TEST_F(VideoEncoderTest, ColourIsWrittenIntoTheParameterSets) {
  const auto picture = [](const EncodedFrame& frame) {
    const std::vector<uint8_t> slice = {0, 0, 1, 0x65};
    return std::vector<uint8_t>(
        std::search(frame.data.begin(), frame.data.end(), slice.begin(),
                    slice.end()),
        frame.data.end());
  };
  BytesOf(1);
  const EncodedFrame plain = coded_.front();
  options_.camera.color = {true, 1, 1, 1};
  options_.camera.sample_aspect = {4, 3};
  BytesOf(1);
  EXPECT_NE(coded_.front().data, plain.data);
  EXPECT_EQ(picture(coded_.front()), picture(plain));
}

}  // namespace
}  // namespace fovea
