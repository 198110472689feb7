// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/quality_side_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "codec/decode/video_decoder.h"
#include "codec/h264_syntax.h"
#include "codec/video_encoder.h"
#include "tests/support/damage.h"

namespace fovea {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
using Bytes = std::vector<uint8_t>;

void ExpectSame(const QualitySideData& a, const QualitySideData& b) {
  EXPECT_EQ(a.models, b.models);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_FLOAT_EQ(static_cast<float>(a.budget), static_cast<float>(b.budget));
  EXPECT_FLOAT_EQ(static_cast<float>(a.error_energy),
                  static_cast<float>(b.error_energy));
  EXPECT_FLOAT_EQ(static_cast<float>(a.reference),
                  static_cast<float>(b.reference));
  EXPECT_EQ(a.chroma_qp_offset, b.chroma_qp_offset);
  EXPECT_EQ(a.map_holds, b.map_holds);
  ASSERT_EQ(a.map.has_value(), b.map.has_value());
  if (!a.map) return;
  EXPECT_EQ(a.map->columns, b.map->columns);
  EXPECT_EQ(a.map->rows, b.map->rows);
  EXPECT_EQ(a.map->qp_offset, b.map->qp_offset);
}

class SideDataTest : public ::testing::Test {
 protected:
  QualityMap DrawMap(int columns, int rows) {
    QualityMap map{columns, rows, {}};
    for (int i = 0; i < columns * rows; ++i) {
      map.qp_offset.push_back(static_cast<uint8_t>(random_() % 10 * 2));
    }
    return map;
  }

  int Whole(unsigned below) { return static_cast<int>(random_() % below); }

  QualitySideData Draw() {
    QualitySideData data;
    for (auto i = random_() % 4; i > 0; --i) {
      ModelId model;
      model.name = std::string(random_() % 30, 'm');
      // Zeros, which must be protected from looking like a start code.
      for (uint8_t& byte : model.digest) {
        byte = static_cast<uint8_t>(random_() % 3);
      }
      data.models.push_back(std::move(model));
    }
    data.unit = static_cast<SensitivityUnit>(random_() % 3);
    data.verdict = static_cast<QualityVerdict>(random_() % 4);
    data.budget = random_() % 2 ? std::exp2(Whole(60)) : 0;
    data.error_energy = Whole(1000);
    data.reference = 1e-9 * Whole(1000);
    data.chroma_qp_offset = static_cast<int>(random_() % 25) - 12;
    data.map_holds = random_() % 2 != 0;
    if (random_() % 2) {
      data.map = DrawMap(1 + static_cast<int>(random_() % 40),
                         1 + static_cast<int>(random_() % 40));
    }
    return data;
  }

  // An access unit of a parameter set and a slice, neither of them real.
  static Bytes Unit() { return {0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 0x88, 7}; }

  std::mt19937 random_{23};
};

TEST_F(SideDataTest, ComesBackAsItWas) {
  for (int round = 0; round < 300; ++round) {
    const QualitySideData data = Draw();
    const auto bytes = EncodeSideData(data);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto found = DecodeSideData(*bytes, CodecLimits());
    ASSERT_TRUE(found.ok()) << found.status();
    ExpectSame(data, *found);
  }
}

TEST_F(SideDataTest, TravelsInAnAccessUnit) {
  for (int round = 0; round < 300; ++round) {
    const QualitySideData data = Draw();
    const auto sei = SideDataSei(data);
    ASSERT_TRUE(sei.ok()) << sei.status();
    EXPECT_EQ(NalTypeOf(*sei), kNalSei);
    Bytes unit = Unit();
    ASSERT_TRUE(InsertSei(*sei, &unit).ok());
    const auto split = SplitAccessUnit(unit, kAnnexB, CodecLimits());
    ASSERT_EQ(split->pieces.size(), 3U);  // no start code inside
    EXPECT_EQ(unit[split->pieces[1].offset], kNalSei);
    const auto found = FindSideData(unit, kAnnexB, CodecLimits());
    ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
    ExpectSame(data, **found);
  }
}

TEST_F(SideDataTest, IsAbsentFromOtherUnits) {
  const auto found = FindSideData(Unit(), kAnnexB, CodecLimits());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->has_value());
  // Another's user data, and a recovery point, before ours.
  Bytes unit = Unit();
  const Bytes foreign = {6,  5,  17, 1,  2,  3,  4,  5,  6, 7, 8,    9,
                         10, 11, 12, 13, 14, 15, 16, 17, 6, 1, 0xc0, 0x80};
  ASSERT_TRUE(InsertSei(foreign, &unit).ok());
  EXPECT_FALSE(FindSideData(unit, kAnnexB, CodecLimits())->has_value());
  ASSERT_TRUE(InsertSei(*SideDataSei(Draw()), &unit).ok());
  EXPECT_TRUE(FindSideData(unit, kAnnexB, CodecLimits())->has_value());
}

TEST_F(SideDataTest, IsNotPutWhereThereIsNoSlice) {
  Bytes unit = {0, 0, 1, 0x67, 9};
  EXPECT_EQ(InsertSei(*SideDataSei(Draw()), &unit).code(), kInvalid);
  EXPECT_EQ(unit.size(), 5U);
}

TEST_F(SideDataTest, RefusesWhatItCannotSay) {
  QualitySideData data = Draw();
  data.budget = -1;
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
  data.budget = std::nan("");
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
  data = Draw();
  data.chroma_qp_offset = 13;
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
  data = Draw();
  data.map = DrawMap(3, 3);
  data.map->qp_offset[0] = 20;
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
  data.map->qp_offset[0] = 3;
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
  data.map->qp_offset.pop_back();
  EXPECT_EQ(EncodeSideData(data).status().code(), kInvalid);
}

TEST_F(SideDataTest, IsRefusedOnceAnyByteChanged) {
  QualitySideData data = Draw();
  data.models = {{"m", {1}}};
  data.map = DrawMap(8, 8);
  const Bytes bytes = *EncodeSideData(data);
  const std::string text(bytes.begin(), bytes.end());
  testing::ForEachTruncation(text, [&](const std::string& cut) {
    const Bytes part(cut.begin(), cut.end());
    EXPECT_EQ(DecodeSideData(part, CodecLimits()).status().code(), kDataLoss);
  });
  testing::ForEachByteChange(text, [](const std::string& changed) {
    const Bytes other(changed.begin(), changed.end());
    EXPECT_EQ(DecodeSideData(other, CodecLimits()).status().code(), kDataLoss);
  });
}

// A detector's map: boxes at offset 0, the rest at 12.
TEST_F(SideDataTest, MapsOfA720pPictureAreSmall) {
  QualitySideData data;
  data.models = {{"detector", {1, 2, 3}}};
  QualityMap map{80, 45, std::vector<uint8_t>(3600, 12)};
  for (int box = 0; box < 12; ++box) {
    const int left = static_cast<int>(random_() % 70);
    const int top = static_cast<int>(random_() % 35);
    for (int y = top; y < top + 8; ++y) {
      for (int x = left; x < left + 5; ++x) {
        map.qp_offset[static_cast<size_t>(y * 80 + x)] = 0;
      }
    }
  }
  data.map = map;
  const size_t boxes = SideDataSei(data)->size();
  EXPECT_LT(boxes, 250U);
  RecordProperty("boxes_720p_bytes", static_cast<int>(boxes));
}

// A real stream with side data decodes to the same pixels as without.
TEST_F(SideDataTest, DecodersPassOverIt) {
  VideoEncoderOptions options;
  options.camera.width = options.camera.height = 64;
  options.camera.time_base = {1, 25};
  options.zero_latency = true;
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) GTEST_SKIP() << encoder.status();
  auto buffer = FrameBuffer::Allocate(64, 64);
  ASSERT_TRUE(buffer.ok());
  for (int i = 0; i < 3; ++i) {
    for (int at = 0; at < buffer->stride(i) * (i == 0 ? 64 : 32); ++at) {
      buffer->plane(i)[at] = static_cast<uint8_t>(random_());
    }
  }
  std::vector<EncodedFrame> coded;
  ASSERT_TRUE(
      (*encoder)->Encode(std::move(*buffer).Release(), nullptr, &coded).ok());
  ASSERT_EQ(coded.size(), 1U);
  Bytes marked = coded[0].data;
  ASSERT_TRUE(InsertSei(*SideDataSei(Draw()), &marked).ok());
  std::vector<Frame> frames;
  for (const Bytes& unit : {coded[0].data, marked}) {
    auto decoder = VideoDecoder::Create({});
    ASSERT_TRUE(decoder.ok());
    ASSERT_TRUE((*decoder)->Decode(unit, 0, &frames).ok());
    ASSERT_TRUE((*decoder)->Flush(&frames).ok());
  }
  ASSERT_EQ(frames.size(), 2U);
  for (int row = 0; row < 64; ++row) {
    EXPECT_TRUE(std::equal(frames[0].y.data + row * frames[0].y.stride,
                           frames[0].y.data + row * frames[0].y.stride + 64,
                           frames[1].y.data + row * frames[1].y.stride));
  }
}

}  // namespace
}  // namespace fovea
