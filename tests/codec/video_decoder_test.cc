// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decoder on a real clip: damage, threads, cropping, lifetime, pixel
// formats. That its pixels are right is shown in tests/formats, against the
// ffmpeg program.

#include "codec/decode/video_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "codec/h264_syntax.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

using Bytes = std::vector<uint8_t>;

// Cuts a bare stream of one-picture units at its delimiters.
std::vector<Bytes> UnitsOf(const Bytes& stream) {
  CodecLimits limits;
  limits.max_nal_units = 1U << 20;
  const auto split = SplitAccessUnit(stream, kAnnexB, limits);
  EXPECT_TRUE(split.ok()) << split.status();
  std::vector<Bytes> units;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = std::span(stream).subspan(piece.offset, piece.size);
    if (NalTypeOf(nal) == kNalDelimiter) units.emplace_back();
    units.back().insert(units.back().end(), {0, 0, 0, 1});
    units.back().insert(units.back().end(), nal.begin(), nal.end());
  }
  return units;
}

Bytes PixelsOf(const Frame& frame) {
  Bytes bytes;
  const Plane planes[3] = {frame.y, frame.u, frame.v};
  for (int i = 0; i < 3; ++i) {
    const int width = i == 0 ? frame.width : frame.chroma_width();
    const int height = i == 0 ? frame.height : frame.chroma_height();
    for (int row = 0; row < height; ++row) {
      const uint8_t* line = planes[i].data + row * planes[i].stride;
      bytes.insert(bytes.end(), line, line + width);
    }
  }
  return bytes;
}

class VideoDecoderTest : public ::testing::Test {
 protected:
  // A real clip, small, encoded again with `x264` options.
  std::vector<Bytes> Encode(const std::string& options,
                            const std::string& more = "") {
    const std::string path = folder_.File("clip.h264");
    Ffmpeg("-i '" + TestData("video/uadetrac_intersection_b.mp4") +
           "' -frames:v 24 -vf scale=322:182 " + more +
           " -c:v libx264 -x264-params aud=1:" + options + " '" + path + "'");
    return UnitsOf(ReadFileBytes(path));
  }

  static std::unique_ptr<VideoDecoder> New(VideoDecoderOptions options = {}) {
    auto decoder = VideoDecoder::Create(options);
    EXPECT_TRUE(decoder.ok()) << decoder.status();
    return *std::move(decoder);
  }

  // Decodes all units, pts counting up in decoding order; the first error.
  static absl::Status DecodeAll(VideoDecoder* decoder,
                                const std::vector<Bytes>& units,
                                std::vector<Frame>* frames) {
    absl::Status first;
    for (size_t i = 0; i < units.size(); ++i) {
      first.Update(decoder->Decode(units[i], static_cast<int64_t>(i), frames));
    }
    first.Update(decoder->Flush(frames));
    return first;
  }

  const TempDir folder_;
};

#define NEED_CLIP_AND_FFMPEG()                                          \
  FOVEA_NEED_TEST_DATA(clip_path, "video/uadetrac_intersection_b.mp4"); \
  FOVEA_NEED_FFMPEG()

TEST_F(VideoDecoderTest, ThreadsGiveTheSamePictures) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("slices=4:keyint=12:bframes=0");
  std::vector<Frame> one, four;
  VideoDecoderOptions options;
  ASSERT_TRUE(DecodeAll(New().get(), units, &one).ok());
  options.threads = 4;
  ASSERT_TRUE(DecodeAll(New(options).get(), units, &four).ok());
  ASSERT_EQ(one.size(), 24U);
  ASSERT_EQ(four.size(), 24U);
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].pts, static_cast<int64_t>(i));
    EXPECT_EQ(four[i].pts, one[i].pts);
    EXPECT_EQ(PixelsOf(four[i]), PixelsOf(one[i])) << i;
  }
}

TEST_F(VideoDecoderTest, FramesOutliveTheDecoder) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("keyint=24:bframes=0");
  std::vector<Frame> frames, kept;
  {
    const auto decoder = New();
    ASSERT_TRUE(DecodeAll(decoder.get(), units, &kept).ok());
    ASSERT_TRUE(DecodeAll(decoder.get(), units, &frames).ok());
  }
  ASSERT_EQ(kept.size(), frames.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(PixelsOf(kept[i]), PixelsOf(frames[i]));
  }
}

TEST_F(VideoDecoderTest, BPicturesComeInPresentationOrder) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("keyint=24:bframes=3:b-adapt=0:scenecut=0");
  // Decoding order I P B B B, presentation I B B B P (pyramid inside).
  std::vector<Frame> frames;
  ASSERT_TRUE(DecodeAll(New().get(), units, &frames).ok());
  ASSERT_EQ(frames.size(), units.size());
  EXPECT_EQ(frames[0].pts, 0);
  EXPECT_EQ(frames[4].pts, 1);
}

// nal_ref_idc 0, clause 7.4.1: no other picture refers to it.
bool IsReferredTo(const Bytes& unit) {
  const auto split = SplitAccessUnit(unit, kAnnexB, {});
  EXPECT_TRUE(split.ok()) << split.status();
  for (const NalPiece& piece : split->pieces) {
    const auto nal = std::span(unit).subspan(piece.offset, piece.size);
    if (IsBaseSlice(NalTypeOf(nal))) return (nal[0] & 0x60) != 0;
  }
  ADD_FAILURE() << "a unit without a slice";
  return true;
}

// Of each unit its picture as soon as it is decoded, also where only the one
// shown last needs those that nothing refers to.
TEST_F(VideoDecoderTest, PicturesInDecodingOrderAreTheSame) {
  NEED_CLIP_AND_FFMPEG();
  VideoDecoderOptions options;
  options.decoding_order = true;
  for (const std::string coding :
       {"keyint=24:bframes=0", "keyint=24:bframes=3:b-adapt=0:scenecut=0",
        "keyint=24:bframes=2:b-pyramid=none:b-adapt=0",
        "keyint=24:ref=4:slices=3:bframes=1", "keyint=24:bframes=3:tff=1"}) {
    SCOPED_TRACE(coding);
    const auto units = Encode(coding, "-vf scale=322:184");
    std::vector<Frame> shown;
    ASSERT_TRUE(DecodeAll(New().get(), units, &shown).ok());
    std::map<int64_t, Bytes> pixels;
    for (const Frame& frame : shown) pixels[frame.pts] = PixelsOf(frame);
    for (const bool references_alone : {false, true}) {
      const auto decoder = New(options);
      for (size_t i = 0; i < units.size(); ++i) {
        const bool last = i + 1 == units.size();
        if (references_alone && !last && !IsReferredTo(units[i])) continue;
        std::vector<Frame> frames;
        const auto status =
            decoder->Decode(units[i], static_cast<int64_t>(i), &frames);
        ASSERT_TRUE(status.ok()) << status;
        ASSERT_EQ(frames.size(), 1U);
        EXPECT_EQ(frames[0].pts, static_cast<int64_t>(i));
        EXPECT_EQ(PixelsOf(frames[0]), pixels[frames[0].pts]) << i;
      }
      std::vector<Frame> none;
      EXPECT_TRUE(decoder->Flush(&none).ok());
      EXPECT_TRUE(none.empty());
    }
  }
}

TEST_F(VideoDecoderTest, DamageIsToldInDecodingOrderToo) {
  NEED_CLIP_AND_FFMPEG();
  VideoDecoderOptions options;
  options.decoding_order = true;
  auto units = Encode("slices=4:keyint=24:bframes=0");
  const auto split = SplitAccessUnit(units[5], kAnnexB, {});
  ASSERT_TRUE(split.ok());
  const NalPiece last = split->pieces.back();
  units[5].resize(last.offset - last.zeros - 1);
  std::vector<Frame> frames;
  EXPECT_TRUE(absl::IsDataLoss(DecodeAll(New(options).get(), units, &frames)));
  options.threads = 2;
  EXPECT_TRUE(absl::IsInvalidArgument(VideoDecoder::Create(options).status()));
}

TEST_F(VideoDecoderTest, CropsToTheTrueSize) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("keyint=24");
  VideoDecoderOptions options;
  options.width = 321;
  options.height = 181;
  std::vector<Frame> cropped, whole;
  ASSERT_TRUE(DecodeAll(New(options).get(), units, &cropped).ok());
  ASSERT_TRUE(DecodeAll(New().get(), units, &whole).ok());
  ASSERT_EQ(cropped.size(), whole.size());
  EXPECT_EQ(cropped[0].width, 321);
  EXPECT_EQ(cropped[0].height, 181);
  EXPECT_EQ(cropped[0].chroma_width(), 161);
  EXPECT_EQ(whole[0].width, 322);
  EXPECT_EQ(std::memcmp(cropped[3].y.data, whole[3].y.data, 321), 0);
  options.width = 400;
  std::vector<Frame> none;
  EXPECT_TRUE(absl::IsDataLoss(DecodeAll(New(options).get(), units, &none)));
  EXPECT_TRUE(none.empty());
}

TEST_F(VideoDecoderTest, OtherPixelFormatsBecomeEightBit420) {
  NEED_CLIP_AND_FFMPEG();
  std::vector<Frame> plain;
  ASSERT_TRUE(DecodeAll(New().get(),
                        Encode("qp=1:keyint=24", "-pix_fmt yuv420p"), &plain)
                  .ok());
  for (const std::string format :
       {"yuv420p10le", "yuv422p", "yuv444p", "yuv422p10le"}) {
    std::vector<Frame> frames;
    const auto status = DecodeAll(
        New().get(), Encode("qp=1:keyint=24", "-pix_fmt " + format), &frames);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(frames.size(), plain.size()) << format;
    const Bytes a = PixelsOf(frames[9]);
    const Bytes b = PixelsOf(plain[9]);
    ASSERT_EQ(a.size(), b.size());
    double total = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      total += std::abs(int{a[i]} - int{b[i]});
    }
    EXPECT_LT(total / static_cast<double>(a.size()), 1.5) << format;
  }
}

TEST_F(VideoDecoderTest, ACutPictureIsDataLoss) {
  NEED_CLIP_AND_FFMPEG();
  for (const std::string coder : {"cabac=1", "cabac=0"}) {
    const auto units = Encode(coder + ":keyint=24:bframes=0");
    for (const size_t damaged : {size_t{0}, size_t{7}}) {
      auto cut = units;
      cut[damaged].resize(cut[damaged].size() / 2);
      std::vector<Frame> frames;
      EXPECT_TRUE(absl::IsDataLoss(DecodeAll(New().get(), cut, &frames)))
          << coder << " " << damaged;
      EXPECT_LT(frames.size(), units.size());
    }
  }
}

TEST_F(VideoDecoderTest, AMissingSliceIsDataLoss) {
  NEED_CLIP_AND_FFMPEG();
  auto units = Encode("slices=4:keyint=24:bframes=0");
  Bytes& unit = units[5];
  const auto split = SplitAccessUnit(unit, kAnnexB, {});
  ASSERT_TRUE(split.ok());
  const NalPiece last = split->pieces.back();
  unit.resize(last.offset - last.zeros - 1);
  for (const int threads : {1, 2}) {
    VideoDecoderOptions options;
    options.threads = threads;
    std::vector<Frame> frames;
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeAll(New(options).get(), units, &frames)));
  }
}

TEST_F(VideoDecoderTest, DecodesOnAfterDamage) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("keyint=8:min-keyint=8:bframes=0:scenecut=0");
  auto broken = units;
  broken[3].resize(broken[3].size() / 2);
  const auto decoder = New();
  std::vector<Frame> frames, clean;
  EXPECT_FALSE(DecodeAll(decoder.get(), broken, &frames).ok());
  ASSERT_TRUE(DecodeAll(decoder.get(), units, &clean).ok());
  EXPECT_EQ(clean.size(), units.size());
}

TEST_F(VideoDecoderTest, NonsenseIsAnError) {
  const auto decoder = New();
  std::vector<Frame> frames;
  EXPECT_TRUE(absl::IsDataLoss(decoder->Decode({}, 0, &frames)));
  const Bytes noise(100, 0x55);
  absl::Status status = decoder->Decode(noise, 0, &frames);
  status.Update(decoder->Flush(&frames));
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(frames.empty());
  VideoDecoderOptions options;
  options.threads = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(VideoDecoder::Create(options).status()));
}

// Content that moves right by 4 pixels a frame: where it was lies 16 quarters
// to the left.
TEST_F(VideoDecoderTest, MotionIsWhatTheBitstreamSays) {
  FOVEA_NEED_FFMPEG();
  const std::string path = folder_.File("pan.h264");
  Ffmpeg(
      "-f lavfi -i testsrc2=size=512x256:rate=25:duration=1 "
      "-vf 'select=eq(n\\,0),loop=loop=19:size=1:start=0,setpts=N,"
      "scroll=h=-0.0078125' -frames:v 20 -pix_fmt yuv420p "
      "-c:v libx264 -x264-params aud=1:bframes=0:keyint=10:scenecut=0 '" +
      path + "'");
  const auto units = UnitsOf(ReadFileBytes(path));
  const auto decoder = New({.export_motion = true});
  std::vector<Frame> frames;
  ASSERT_TRUE(DecodeAll(decoder.get(), units, &frames).ok());
  const std::vector<CodedMotion> motion = decoder->TakeMotion();
  ASSERT_EQ(motion.size(), frames.size());
  ASSERT_EQ(frames.size(), 20u);
  for (size_t i = 0; i < motion.size(); ++i) {
    const CodedMotion& m = motion[i];
    EXPECT_EQ(m.columns, 32);
    EXPECT_EQ(m.rows, 16);
    const auto intra = std::count(m.intra.begin(), m.intra.end(), 1);
    if (i % 10 == 0) {
      EXPECT_EQ(intra, 32 * 16) << i;
      continue;
    }
    EXPECT_LT(intra, 32 * 16 / 4) << i;
    const auto moved = std::count(m.x.begin(), m.x.end(), -16);
    EXPECT_GT(moved, 32 * 16 / 4) << i;
  }
  EXPECT_TRUE(decoder->TakeMotion().empty());
}

TEST_F(VideoDecoderTest, ReadingMotionChangesNoPixel) {
  NEED_CLIP_AND_FFMPEG();
  const auto units = Encode("bframes=3:b-pyramid=normal:ref=4");
  std::vector<Frame> plain, with_motion;
  const auto decoder = New();
  ASSERT_TRUE(DecodeAll(decoder.get(), units, &plain).ok());
  EXPECT_TRUE(decoder->TakeMotion().empty());
  const auto exporting = New({.threads = 2, .export_motion = true});
  ASSERT_TRUE(DecodeAll(exporting.get(), units, &with_motion).ok());
  ASSERT_EQ(plain.size(), with_motion.size());
  EXPECT_EQ(exporting->TakeMotion().size(), with_motion.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(PixelsOf(plain[i]), PixelsOf(with_motion[i])) << i;
  }
}

}  // namespace
}  // namespace fovea::testing
