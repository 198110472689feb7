// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/h264_syntax.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/codec/h264_bits.h"

namespace fovea::testing {
namespace {

using Bytes = std::vector<uint8_t>;

// The unit put together again from what SplitAccessUnit said.
Bytes Join(const Bytes& unit, const SplitUnit& split, NalFraming framing) {
  Bytes out(unit.begin(), unit.begin() + static_cast<long>(split.leading));
  for (const NalPiece& piece : split.pieces) {
    if (framing == kAnnexB) {
      out.insert(out.end(), piece.zeros, 0);
      out.push_back(1);
    } else {
      const size_t length = piece.size + piece.zeros + piece.tail;
      for (int shift = framing * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<uint8_t>(length >> shift));
      }
    }
    const auto at = unit.begin() + static_cast<long>(piece.offset);
    out.insert(out.end(), at, at + static_cast<long>(piece.size));
    if (framing != kAnnexB) {
      out.insert(out.end(), piece.zeros, 0);
      const auto tail = at + static_cast<long>(piece.size);
      out.insert(out.end(), tail, tail + static_cast<long>(piece.tail));
    }
  }
  out.insert(out.end(), split.tail_zeros, 0);
  return out;
}

TEST(SplitAccessUnitTest, AnnexBPiecesAndZerosAreCounted) {
  const Bytes unit = {0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 7, 8, 0, 0, 0};
  const auto split = SplitAccessUnit(unit, kAnnexB, {});
  ASSERT_TRUE(split.ok());
  ASSERT_EQ(split->pieces.size(), 2U);
  EXPECT_EQ(split->pieces[0].zeros, 3U);
  EXPECT_EQ(split->pieces[0].size, 2U);
  EXPECT_EQ(split->pieces[1].zeros, 2U);
  EXPECT_EQ(split->pieces[1].size, 3U);
  EXPECT_EQ(split->tail_zeros, 3U);
  EXPECT_EQ(split->leading, 0U);
}

TEST(SplitAccessUnitTest, BytesBeforeTheFirstStartCodeAreKeptApart) {
  const Bytes unit = {5, 6, 0, 0, 0, 1, 0x65};
  const auto split = SplitAccessUnit(unit, kAnnexB, {});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->leading, 2U);
  EXPECT_EQ(Join(unit, *split, kAnnexB), unit);
}

TEST(SplitAccessUnitTest, AnyAnnexBBytesAreFullyAccountedFor) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    Bytes unit(random() % 40);
    // Few values, so that start codes and zero runs abound.
    for (uint8_t& byte : unit) byte = static_cast<uint8_t>(random() % 3);
    const auto split = SplitAccessUnit(unit, kAnnexB, {});
    ASSERT_TRUE(split.ok());
    ASSERT_EQ(Join(unit, *split, kAnnexB), unit) << round;
  }
}

TEST(SplitAccessUnitTest, PrefixesOfEverySizeSplit) {
  for (const NalFraming framing : {1, 2, 4}) {
    Bytes unit;
    for (const Bytes& nal : {Bytes{9, 0xf0}, Bytes{}, Bytes{0x65, 1, 0, 0}}) {
      for (int i = 1; i < framing; ++i) unit.push_back(0);
      unit.push_back(static_cast<uint8_t>(nal.size()));
      unit.insert(unit.end(), nal.begin(), nal.end());
    }
    const auto split = SplitAccessUnit(unit, framing, {});
    ASSERT_TRUE(split.ok()) << split.status();
    ASSERT_EQ(split->pieces.size(), 3U);
    EXPECT_EQ(split->pieces[2].zeros, 2U);
    EXPECT_EQ(Join(unit, *split, framing), unit);
    for (size_t cut = 1; cut < unit.size(); ++cut) {
      const Bytes shorter(unit.begin(), unit.begin() + static_cast<long>(cut));
      const auto part = SplitAccessUnit(shorter, framing, {});
      if (part.ok()) {
        EXPECT_EQ(Join(shorter, *part, framing), shorter);
      } else {
        EXPECT_TRUE(absl::IsDataLoss(part.status()));
      }
    }
  }
}

TEST(SplitAccessUnitTest, StartCodeInsideAPrefixedUnitIsATail) {
  const Bytes unit = {0, 0, 0, 8, 0x41, 7, 7, 0, 0, 0, 1, 10};
  const auto split = SplitAccessUnit(unit, 4, {});
  ASSERT_TRUE(split.ok());
  ASSERT_EQ(split->pieces.size(), 1U);
  EXPECT_EQ(split->pieces[0].size, 3U);
  EXPECT_EQ(split->pieces[0].tail, 5U);
  EXPECT_EQ(Join(unit, *split, 4), unit);
}

TEST(SplitAccessUnitTest, ASliceBehindAStartCodeIsNotCutOff) {
  const Bytes unit = {0, 0, 0, 8, 0x41, 7, 7, 0, 0, 0, 1, 0x41};
  const auto split = SplitAccessUnit(unit, 4, {});
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->pieces[0].size, 8U);
}

TEST(SplitAccessUnitTest, TooManyUnitsAreRefused) {
  CodecLimits limits;
  limits.max_nal_units = 3;
  Bytes unit;
  for (int i = 0; i < 4; ++i) unit.insert(unit.end(), {0, 0, 1, 9});
  EXPECT_TRUE(absl::IsResourceExhausted(
      SplitAccessUnit(unit, kAnnexB, limits).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      SplitAccessUnit(Bytes(9, 0), 1, limits).status()));
}

TEST(RbspReaderTest, ReadsExpGolombAndSkipsEmulationPrevention) {
  BitString bits;
  bits.Ue(0).Ue(1).Ue(5).Ue(254).Se(-3).Se(4).Ue(65535).Put(0, 30).Put(1, 2);
  const Bytes bytes = bits.Escaped();
  RbspReader reader(bytes);
  EXPECT_EQ(reader.Ue(), 0U);
  EXPECT_EQ(reader.Ue(), 1U);
  EXPECT_EQ(reader.Ue(), 5U);
  EXPECT_EQ(reader.Ue(), 254U);
  EXPECT_EQ(reader.Se(), -3);
  EXPECT_EQ(reader.Se(), 4);
  EXPECT_EQ(reader.Ue(), 65535U);
  EXPECT_EQ(reader.Bits(30), 0U);
  EXPECT_EQ(reader.Bits(2), 1U);
  EXPECT_TRUE(reader.ok());
}

TEST(RbspReaderTest, TheErrorSticks) {
  const Bytes bytes = {0, 0};
  RbspReader reader(bytes);
  EXPECT_EQ(reader.Ue(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Bits(1), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(HeaderTest, SliceQpComesFromPpsAndDelta) {
  ParameterSets sets;
  const auto sps = ParseSps(MakeSps(3));
  const auto pps = ParsePps(MakePps(7, 3, 30));
  ASSERT_TRUE(sps.ok()) << sps.status();
  ASSERT_TRUE(pps.ok()) << pps.status();
  EXPECT_EQ(sps->id, 3U);
  EXPECT_EQ(sps->mb_width, 4U);
  EXPECT_EQ(pps->init_qp, 30);
  sets.sps[3] = *sps;
  sets.pps[7] = *pps;
  for (const int delta : {-20, 0, 5, 21}) {
    const auto idr = ParseSliceHeader(MakeIdr(7, delta), sets);
    ASSERT_TRUE(idr.ok());
    EXPECT_EQ(idr->kind, SliceKind::kI);
    EXPECT_EQ(idr->qp, 30 + delta);
    const auto p = ParseSliceHeader(MakeP(7, 1, delta), sets);
    ASSERT_TRUE(p.ok());
    EXPECT_EQ(p->kind, SliceKind::kP);
    EXPECT_EQ(p->qp, 30 + delta);
  }
  sets.pps.clear();
  const auto unknown = ParseSliceHeader(MakeIdr(7, 0), sets);
  ASSERT_TRUE(unknown.ok());
  EXPECT_FALSE(unknown->qp.has_value());
}

TEST(HeaderTest, CutSetsAreDataLossNotACrash) {
  for (const Bytes& whole : {MakeSps(0), MakePps(0, 0, 26)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(size));
      ParseSps(cut).IgnoreError();
      ParsePps(cut).IgnoreError();
      ParameterSetId(cut);
    }
  }
  EXPECT_TRUE(absl::IsDataLoss(ParseSps({}).status()));
  EXPECT_TRUE(absl::IsDataLoss(ParsePps(Bytes{8}).status()));
}

TEST(RecoveryPointTest, IsFoundBehindOtherMessages) {
  EXPECT_EQ(FindRecoveryPoint(Bytes{6, 6, 1, 0xc4, 0x80}), 0U);
  EXPECT_EQ(FindRecoveryPoint(Bytes{6, 5, 2, 1, 2, 6, 1, 0xc4, 0x80}), 0U);
  EXPECT_EQ(FindRecoveryPoint(Bytes{6, 6, 1, 0x58, 0x80}), 1U);
  EXPECT_EQ(FindRecoveryPoint(Bytes{6, 5, 2, 1, 2, 0x80}), std::nullopt);
  EXPECT_EQ(FindRecoveryPoint(Bytes{6, 255, 255}), std::nullopt);
  EXPECT_EQ(FindRecoveryPoint(Bytes{7, 6, 1, 0xc4}), std::nullopt);
}

TEST(CodecConfigTest, AvccAndAnnexBGiveTheirSets) {
  const Bytes sps = MakeSps(0);
  const Bytes pps = MakePps(0, 0, 26);
  const Bytes box = MakeAvcc({sps}, {pps}, 4);
  const auto config = ParseCodecConfig(box, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->framing, 4);
  ASSERT_EQ(config->parameter_sets.size(), 2U);
  EXPECT_TRUE(
      std::equal(sps.begin(), sps.end(), config->parameter_sets[0].begin()));
  const auto bare = ParseCodecConfig(AnnexB({sps, pps}), {});
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->framing, kAnnexB);
  EXPECT_EQ(bare->parameter_sets.size(), 2U);
  EXPECT_TRUE(ParseCodecConfig({}, {})->parameter_sets.empty());
}

TEST(CodecConfigTest, EveryCutOfAnAvccIsAnError) {
  const Bytes box = MakeAvcc({MakeSps(0)}, {MakePps(0, 0, 26)}, 4);
  for (size_t size = 1; size < box.size(); ++size) {
    const Bytes cut(box.begin(), box.begin() + static_cast<long>(size));
    EXPECT_TRUE(absl::IsDataLoss(ParseCodecConfig(cut, {}).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(ParseCodecConfig(Bytes{'x', 'y'}, {}).status()));
  EXPECT_TRUE(
      absl::IsDataLoss(ParseCodecConfig(MakeAvcc({}, {}, 3), {}).status()));
}

}  // namespace
}  // namespace fovea::testing
