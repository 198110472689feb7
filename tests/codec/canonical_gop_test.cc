// SPDX-License-Identifier: GPL-2.0-or-later
//
// Canonical GOPs of hand-made access units. Real recordings in every
// container are in tests/formats/gop_rewrap_test.cc.

#include "codec/canonical_gop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "codec/limits.h"
#include "codec/trim_record.h"
#include "tests/codec/h264_bits.h"

namespace fovea::testing {
namespace {

using Bytes = std::vector<uint8_t>;

ParameterSetName NameOf(std::span<const uint8_t> nal) {
  ParameterSetName name = {};
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (size_t i = 0; i < name.size(); ++i) {
    for (const uint8_t byte : nal) hash = (hash ^ byte) * 1099511628211U;
    name[i] = static_cast<uint8_t>(hash >> 32);
  }
  return name;
}

class CanonicalGopTest : public ::testing::Test {
 protected:
  void Open(NalFraming framing, const Bytes& config) {
    auto made = GopAssembler::Create(framing, config, NameOf);
    ASSERT_TRUE(made.ok()) << made.status();
    assembler_ = *std::move(made);
  }

  // Forgets everything and starts another stream.
  void Reset(NalFraming framing) {
    gops_.clear();
    fed_.clear();
    Open(framing, {});
  }

  absl::Status Feed(Bytes data, bool keyframe = false) {
    return FeedAt(std::move(data), next_pts_++, keyframe);
  }

  absl::Status FeedAt(Bytes data, int64_t pts, bool keyframe = false) {
    AccessUnit unit;
    unit.data = std::move(data);
    unit.pts = unit.dts = pts;
    unit.keyframe = keyframe;
    auto gop = assembler_->Add(unit);
    if (!gop.ok()) return gop.status();
    fed_.push_back(unit.data);
    Keep(*std::move(gop));
    return absl::OkStatus();
  }

  void Finish() {
    auto gop = assembler_->Finish();
    ASSERT_TRUE(gop.ok()) << gop.status();
    Keep(*std::move(gop));
  }

  ParameterSetLookup Lookup() {
    return [this](const ParameterSetName& name) -> absl::StatusOr<Bytes> {
      const auto at = shelf_.find(name);
      if (at == shelf_.end()) return absl::NotFoundError("no such set");
      return at->second;
    };
  }

  void ExpectOriginalsComeBack() {
    std::vector<Bytes> all;
    for (const CanonicalGop& gop : gops_) {
      const auto units = RestoreOriginal(gop.payload, gop.trim, Lookup());
      ASSERT_TRUE(units.ok()) << units.status();
      all.insert(all.end(), units->begin(), units->end());
    }
    EXPECT_EQ(all, fed_);
  }

  std::vector<CanonicalGop> gops_;
  std::map<ParameterSetName, Bytes> shelf_;

 private:
  void Keep(std::optional<CanonicalGop> gop) {
    if (!gop) return;
    for (const auto& set : gop->parameter_sets) shelf_[set.name] = set.nal;
    gops_.push_back(*std::move(gop));
  }

  std::unique_ptr<GopAssembler> assembler_;
  std::vector<Bytes> fed_;
  int64_t next_pts_ = 0;
};

const Bytes kSps = MakeSps(0);
const Bytes kPps = MakePps(0, 0, 26);
const Bytes kAud = {9, 0xf0};

TEST_F(CanonicalGopTest, FramingDoesNotChangeThePayload) {
  Open(4, MakeAvcc({kSps}, {kPps}, 4));
  ASSERT_TRUE(Feed(Prefixed({MakeIdr(0, 1)})).ok());
  ASSERT_TRUE(Feed(Prefixed({MakeP(0, 1, 2)})).ok());
  Finish();
  ExpectOriginalsComeBack();
  ASSERT_EQ(gops_.size(), 1U);
  const CanonicalGop boxed = gops_[0];
  Reset(kAnnexB);
  Bytes first = AnnexB({kAud, kSps, kPps, MakeIdr(0, 1)}, 2);
  first.push_back(0);
  ASSERT_TRUE(Feed(first).ok());
  ASSERT_TRUE(Feed(AnnexB({kAud, MakeP(0, 1, 2)})).ok());
  Finish();
  ASSERT_EQ(gops_.size(), 1U);
  EXPECT_EQ(gops_[0].payload, boxed.payload);
  EXPECT_EQ(gops_[0].parameter_sets.size(), 2U);
  EXPECT_EQ(boxed.parameter_sets.size(), 2U);
}

TEST_F(CanonicalGopTest, PicturesCarryTypeQpAndPlace) {
  Open(kAnnexB, {});
  ASSERT_TRUE(Feed(AnnexB({kSps, kPps, MakeIdr(0, 4)})).ok());
  ASSERT_TRUE(Feed(AnnexB({MakeP(0, 1, -6), MakeP(0, 1, 9)})).ok());
  Finish();
  ASSERT_EQ(gops_.size(), 1U);
  const auto& pictures = gops_[0].pictures;
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0].type, PictureType::kI);
  EXPECT_EQ(pictures[0].qp, 30);
  EXPECT_EQ(pictures[1].type, PictureType::kP);
  EXPECT_EQ(pictures[1].qp, 20);
  EXPECT_EQ(pictures[1].offset, pictures[0].size);
  EXPECT_EQ(pictures[1].offset + pictures[1].size, gops_[0].payload.size());
  EXPECT_FALSE(gops_[0].open);
}

TEST_F(CanonicalGopTest, EverythingAroundTheSlicesComesBack) {
  Open(kAnnexB, {});
  const Bytes sei = {6, 5, 3, 1, 2, 3, 0x80};
  const Bytes filler = {12, 0xff, 0xff, 0xff, 0x80};
  const Bytes odd_filler = {12, 0xff, 0xfe, 0x80};
  Bytes first = AnnexB({kAud, kSps, kPps, sei, MakeIdr(0, 0), filler}, 5);
  first.insert(first.begin(), {7, 7, 7});
  first.insert(first.end(), 9, 0);
  ASSERT_TRUE(Feed(first).ok());
  ASSERT_TRUE(
      Feed(AnnexB({Bytes{}, MakeP(0, 1, 0), odd_filler, Bytes{10}}, 2)).ok());
  Finish();
  ExpectOriginalsComeBack();
}

TEST_F(CanonicalGopTest, ParameterSetsMayChangeInsideAStream) {
  Open(kAnnexB, {});
  const Bytes other_pps = MakePps(0, 0, 40);
  ASSERT_TRUE(Feed(AnnexB({kSps, kPps, MakeIdr(0, 0)})).ok());
  ASSERT_TRUE(Feed(AnnexB({other_pps, MakeP(0, 1, 0)})).ok());
  ASSERT_TRUE(Feed(AnnexB({MakeP(0, 2, 0)})).ok());
  ASSERT_TRUE(Feed(AnnexB({MakeIdr(0, 0, 1)})).ok());
  ASSERT_TRUE(Feed(AnnexB({kPps, MakeP(0, 1, 0)})).ok());
  Finish();
  ExpectOriginalsComeBack();
  ASSERT_EQ(gops_.size(), 2U);
  EXPECT_EQ(gops_[0].pictures[1].qp, 40);
  EXPECT_EQ(gops_[1].pictures[0].qp, 40);
  const auto first = ToAnnexB(gops_[0].payload, gops_[0].trim, Lookup());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)[0], AnnexB({kSps, kPps, MakeIdr(0, 0)}));
  EXPECT_EQ((*first)[1], AnnexB({other_pps, MakeP(0, 1, 0)}));
  EXPECT_EQ((*first)[2], AnnexB({MakeP(0, 2, 0)}));
  const auto second = ToAnnexB(gops_[1].payload, gops_[1].trim, Lookup());
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)[0], AnnexB({kSps, other_pps, MakeIdr(0, 0, 1)}));
  EXPECT_EQ((*second)[1], AnnexB({kPps, MakeP(0, 1, 0)}));
}

TEST_F(CanonicalGopTest, RepeatedSetsAreNotRepeatedToTheDecoder) {
  Open(kAnnexB, {});
  ASSERT_TRUE(Feed(AnnexB({kSps, kPps, MakeIdr(0, 0)})).ok());
  ASSERT_TRUE(Feed(AnnexB({kSps, kPps, MakeP(0, 1, 0)})).ok());
  Finish();
  const auto units = ToAnnexB(gops_[0].payload, gops_[0].trim, Lookup());
  ASSERT_TRUE(units.ok());
  EXPECT_EQ((*units)[1], AnnexB({MakeP(0, 1, 0)}));
}

TEST_F(CanonicalGopTest, OpenGopsStartAtRecoveryPoints) {
  Open(kAnnexB, {});
  const Bytes recovery = {6, 6, 1, 0xc4, 0x80};
  ASSERT_TRUE(FeedAt(AnnexB({kSps, kPps, MakeIdr(0, 0)}), 0).ok());
  ASSERT_TRUE(FeedAt(AnnexB({MakeI(0, 1)}), 1).ok());  // no flag, no message
  ASSERT_TRUE(FeedAt(AnnexB({recovery, MakeI(0, 2)}), 4).ok());
  ASSERT_TRUE(FeedAt(AnnexB({MakeP(0, 3, 0)}), 3).ok());
  ASSERT_TRUE(FeedAt(AnnexB({MakeP(0, 3, 0)}), 5).ok());
  ASSERT_TRUE(FeedAt(AnnexB({MakeI(0, 4)}), 6, /*keyframe=*/true).ok());
  Finish();
  ExpectOriginalsComeBack();
  ASSERT_EQ(gops_.size(), 3U);
  EXPECT_EQ(gops_[0].pictures.size(), 2U);
  EXPECT_FALSE(gops_[0].open);
  EXPECT_TRUE(gops_[1].open);
  EXPECT_FALSE(gops_[1].pictures[0].leading);
  EXPECT_TRUE(gops_[1].pictures[1].leading);
  EXPECT_FALSE(gops_[1].pictures[2].leading);
  EXPECT_TRUE(gops_[2].open);
  const auto units = ToAnnexB(gops_[1].payload, gops_[1].trim, Lookup());
  ASSERT_TRUE(units.ok());
  EXPECT_EQ((*units)[0], AnnexB({kSps, kPps, recovery, MakeI(0, 2)}));
}

TEST_F(CanonicalGopTest, WhatCannotBeTakenSaysWhy) {
  Open(4, MakeAvcc({kSps}, {kPps}, 4));
  EXPECT_TRUE(absl::IsFailedPrecondition(Feed(Prefixed({MakeP(0, 1, 0)}))));
  ASSERT_TRUE(Feed(Prefixed({MakeIdr(0, 0)})).ok());
  EXPECT_TRUE(absl::IsDataLoss(Feed({0, 0, 0, 9, 0x41})));
  EXPECT_TRUE(absl::IsDataLoss(Feed(Prefixed({kAud}))));
  EXPECT_TRUE(absl::IsDataLoss(Feed({})));
  ASSERT_TRUE(Feed(Prefixed({MakeP(0, 1, 0)})).ok());
  EXPECT_TRUE(absl::IsDataLoss(Feed({0, 0, 0, 9, 0x65}, /*keyframe=*/true)));
  EXPECT_TRUE(absl::IsDataLoss(Feed(Prefixed({MakeP(0, 1, 0)}))))
      << "leans on the lost keyframe";
  ASSERT_TRUE(Feed(Prefixed({MakeIdr(0, 0, 1)})).ok());
  Finish();
  ExpectOriginalsComeBack();
  ASSERT_EQ(gops_.size(), 2U);
  EXPECT_EQ(gops_[0].pictures.size(), 2U);
}

TEST_F(CanonicalGopTest, AGopBeyondTheLimitsEndsThere) {
  Open(kAnnexB, {});
  const CodecLimits limits;
  ASSERT_TRUE(Feed(AnnexB({kSps, kPps, MakeIdr(0, 0)})).ok());
  for (size_t i = 1; i < limits.max_gop_pictures; ++i) {
    ASSERT_TRUE(Feed(AnnexB({MakeP(0, 1, 0)})).ok()) << i;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Feed(AnnexB({MakeP(0, 1, 0)}))));
  EXPECT_TRUE(absl::IsResourceExhausted(Feed(AnnexB({MakeP(0, 1, 0)}))));
  ASSERT_TRUE(Feed(AnnexB({MakeIdr(0, 0, 1)})).ok());
  Finish();
  ASSERT_EQ(gops_.size(), 2U);
  EXPECT_EQ(gops_[0].pictures.size(), limits.max_gop_pictures);
  // A steady stream costs next to nothing to put back.
  EXPECT_LT(gops_[0].trim.size(), 80U);
  ExpectOriginalsComeBack();
}

// Access units of random pieces around at least one slice.
Bytes RandomUnit(NalFraming framing, bool idr, std::mt19937* random) {
  std::vector<Bytes> nals;
  const size_t count = 1 + (*random)() % 6;
  const size_t slice = (*random)() % count;
  for (size_t i = 0; i < count; ++i) {
    if (i == slice) {
      nals.push_back(idr ? MakeIdr(0, 0) : MakeP(0, 1, 0));
      continue;
    }
    Bytes nal = {static_cast<uint8_t>(6 + (*random)() % 10)};
    for (size_t j = (*random)() % 6; j > 0; --j) {
      nal.push_back(static_cast<uint8_t>((*random)() % 4));
    }
    nals.push_back(nal);
  }
  if (framing != kAnnexB) return Prefixed(nals, framing);
  Bytes unit = AnnexB(nals, 2 + (*random)() % 3);
  unit.insert(unit.end(), (*random)() % 3, 0);
  return unit;
}

TEST_F(CanonicalGopTest, RandomUnitsComeBackByteForByte) {
  std::mt19937 random(11);
  for (const NalFraming framing : {kAnnexB, 1, 2, 4}) {
    Reset(framing);
    for (int i = 0; i < 400; ++i) {
      ASSERT_TRUE(Feed(RandomUnit(framing, i % 9 == 0, &random)).ok());
    }
    Finish();
    ExpectOriginalsComeBack();
  }
}

class TrimRecordTest : public CanonicalGopTest {
 protected:
  // A GOP with a bit of everything.
  CanonicalGop Make() {
    Open(kAnnexB, {});
    const Bytes sei = {6, 5, 3, 1, 2, 3, 0x80};
    const Bytes filler = {12, 0xff, 0xff, 0x80};
    EXPECT_TRUE(Feed(AnnexB({kAud, kSps, kPps, sei, MakeIdr(0, 0)})).ok());
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(Feed(AnnexB({kAud, MakeP(0, 1, 0), filler})).ok());
    }
    Finish();
    return gops_.at(0);
  }
};

TEST_F(TrimRecordTest, EveryCutIsDataLoss) {
  const CanonicalGop gop = Make();
  for (size_t size = 0; size < gop.trim.size(); ++size) {
    const auto cut = std::span(gop.trim).first(size);
    const auto units = RestoreOriginal(gop.payload, cut, Lookup());
    EXPECT_TRUE(absl::IsDataLoss(units.status())) << size;
  }
}

TEST_F(TrimRecordTest, EveryChangedByteIsAnErrorOrOtherUnits) {
  const CanonicalGop gop = Make();
  const auto original = RestoreOriginal(gop.payload, gop.trim, Lookup());
  ASSERT_TRUE(original.ok());
  for (size_t at = 0; at < gop.trim.size(); ++at) {
    for (int mask = 1; mask < 256; ++mask) {
      Bytes trim = gop.trim;
      trim[at] = static_cast<uint8_t>(trim[at] ^ mask);
      const auto units = RestoreOriginal(gop.payload, trim, Lookup());
      if (units.ok()) {
        EXPECT_LE(units->size(), 4096U);
      }
      ToAnnexB(gop.payload, trim, Lookup()).IgnoreError();
    }
  }
}

TEST_F(TrimRecordTest, AForeignPayloadIsDataLoss) {
  const CanonicalGop gop = Make();
  Bytes shorter = gop.payload;
  shorter.pop_back();
  Bytes longer = gop.payload;
  longer.push_back(0);
  for (const Bytes& payload : {shorter, longer, Bytes{}}) {
    EXPECT_TRUE(absl::IsDataLoss(
        RestoreOriginal(payload, gop.trim, Lookup()).status()));
    EXPECT_TRUE(
        absl::IsDataLoss(ToAnnexB(payload, gop.trim, Lookup()).status()));
  }
}

TEST_F(TrimRecordTest, AMissingParameterSetIsTheLookupsError) {
  const CanonicalGop gop = Make();
  shelf_.clear();
  EXPECT_TRUE(absl::IsNotFound(
      RestoreOriginal(gop.payload, gop.trim, Lookup()).status()));
}

// Few bytes that ask for many: a zero run of 2^40 bytes, a run of 2^40
// units, a table of 2^40 rows.
TEST_F(TrimRecordTest, BombsAreRefusedBeforeTheyGrow) {
  const Bytes huge = {0x80, 0x80, 0x80, 0x80, 0x80, 0x20};
  const auto with = [&huge](Bytes front, const Bytes& back) {
    front.insert(front.end(), huge.begin(), huge.end());
    front.insert(front.end(), back.begin(), back.end());
    return front;
  };
  const Bytes payload = {0, 0, 0, 1, 0x65};
  for (const Bytes& trim :
       {with({1, 0, 0, 0, 1, 0, 1, 0}, {1, 0}),
        with({1, 0, 0, 0, 1}, {1, 0, 3, 1, 0}), with({1, 0, 0}, {0, 1}),
        with({1, 0, 0, 0, 1, 0, 1, 0, 3}, {0}), with({1, 0, 0, 0}, {0}),
        with({1, 0, 0, 0, 1, 0, 1, 1, 3, 1, 0}, {0})}) {
    EXPECT_FALSE(RestoreOriginal(payload, trim, Lookup()).ok());
  }
}

}  // namespace
}  // namespace fovea::testing
