// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parameter sets (clause 7.3.2.1, 7.3.2.2) and slice headers (7.3.3), read
// only as far as the slice QP needs. Every count is checked against the
// standard's bound before it drives a loop.

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/h264_syntax.h"

namespace fovea {
namespace {

constexpr uint32_t kMaxSpsId = 31;
constexpr uint32_t kMaxPpsId = 255;
constexpr uint32_t kMaxRefs = 32;       // fields; frames have 16
constexpr uint32_t kMaxSide = 1 << 12;  // macroblocks

absl::Status Broken(const char* what) {
  return absl::DataLossError(absl::StrCat("H.264 ", what,
                                          " ends early or holds a value the "
                                          "standard does not allow"));
}

// Profiles whose SPS has the chroma format fields (7.3.2.1.1).
bool HasChromaFields(uint32_t profile) {
  switch (profile) {
    case 44:
    case 83:
    case 86:
    case 100:
    case 110:
    case 118:
    case 122:
    case 128:
    case 134:
    case 135:
    case 138:
    case 139:
    case 244:
      return true;
    default:
      return false;
  }
}

void SkipScalingList(RbspReader* bits, int size) {
  int32_t last = 8;
  int32_t next = 8;
  for (int i = 0; i < size && next != 0 && bits->ok(); ++i) {
    next = (last + bits->Se() % 256 + 256) % 256;
    if (next != 0) last = next;
  }
}

void ReadChromaFields(RbspReader* bits, Sps* sps) {
  sps->chroma_format = bits->Ue();
  if (sps->chroma_format == 3) sps->separate_planes = bits->Flag();
  bits->Ue();  // bit_depth_luma_minus8
  bits->Ue();  // bit_depth_chroma_minus8
  bits->Skip(1);
  if (!bits->Flag()) return;  // no scaling matrices
  const int lists = sps->chroma_format == 3 ? 12 : 8;
  for (int i = 0; i < lists; ++i) {
    if (bits->Flag()) SkipScalingList(bits, i < 6 ? 16 : 64);
  }
}

void ReadPictureOrder(RbspReader* bits, Sps* sps) {
  sps->poc_type = bits->Ue();
  if (sps->poc_type == 0) {
    sps->poc_bits = bits->Ue() + 4;
  } else if (sps->poc_type == 1) {
    sps->delta_pic_order_always_zero = bits->Flag();
    bits->Se();
    bits->Se();
    const uint32_t cycle = bits->Ue();
    for (uint32_t i = 0; i < cycle && i < 256 && bits->ok(); ++i) bits->Se();
  }
}

bool IsAllowed(const Sps& sps) {
  return sps.id <= kMaxSpsId && sps.chroma_format <= 3 &&
         sps.frame_num_bits <= 16 && sps.poc_type <= 2 && sps.poc_bits <= 16 &&
         sps.mb_width <= kMaxSide && sps.map_height <= kMaxSide;
}

// Flexible macroblock ordering (baseline profile).
void SkipSliceGroups(RbspReader* bits, uint32_t groups) {
  const uint32_t type = bits->Ue();
  if (type == 0) {
    for (uint32_t i = 0; i < groups; ++i) bits->Ue();
  } else if (type == 2) {
    for (uint32_t i = 0; i + 1 < groups; ++i) {
      bits->Ue();
      bits->Ue();
    }
  } else if (type >= 3 && type <= 5) {
    bits->Skip(1);
    bits->Ue();
  } else if (type == 6) {
    const int64_t count = int64_t{bits->Ue()} + 1;
    const int width = groups > 4 ? 3 : groups > 2 ? 2 : 1;
    bits->Skip(count * width);
  }
}

void SkipRefListChanges(RbspReader* bits) {
  if (!bits->Flag()) return;
  uint32_t operation = bits->Ue();
  for (uint32_t i = 0; operation < 3 && i < 2 * kMaxRefs; ++i) {
    bits->Ue();
    operation = bits->Ue();
    if (!bits->ok()) return;
  }
}

void SkipWeights(RbspReader* bits, uint32_t count, bool chroma) {
  for (uint32_t i = 0; i < count && bits->ok(); ++i) {
    if (bits->Flag()) {
      bits->Se();
      bits->Se();
    }
    if (chroma && bits->Flag()) {
      for (int j = 0; j < 4; ++j) bits->Se();
    }
  }
}

void SkipRefMarking(RbspReader* bits, bool idr) {
  if (idr) {
    bits->Skip(2);
    return;
  }
  if (!bits->Flag()) return;
  for (uint32_t i = 0; i < 2 * kMaxRefs + 2 && bits->ok(); ++i) {
    const uint32_t operation = bits->Ue();
    if (operation == 0) return;
    if (operation != 5) bits->Ue();
    if (operation == 3) bits->Ue();
  }
}

void SkipPictureOrder(RbspReader* bits, const Sps& sps, const Pps& pps,
                      bool field) {
  const bool second = pps.pic_order_present && !field;
  if (sps.poc_type == 0) {
    bits->Skip(sps.poc_bits);
    if (second) bits->Se();
  } else if (sps.poc_type == 1 && !sps.delta_pic_order_always_zero) {
    bits->Se();
    if (second) bits->Se();
  }
}

// The reference fields of a P or B slice.
void SkipReferences(RbspReader* bits, const Sps& sps, const Pps& pps,
                    SliceKind kind) {
  const bool b = kind == SliceKind::kB;
  if (kind == SliceKind::kI || kind == SliceKind::kSi) return;
  uint32_t count[2] = {pps.ref_count[0], pps.ref_count[1]};
  if (b) bits->Skip(1);  // direct_spatial_mv_pred
  if (bits->Flag()) {
    count[0] = bits->Ue() + 1;
    if (b) count[1] = bits->Ue() + 1;
  }
  SkipRefListChanges(bits);
  if (b) SkipRefListChanges(bits);
  if (b ? pps.weighted_bipred != 1 : !pps.weighted_pred) return;
  const bool chroma = sps.chroma_format != 0 && !sps.separate_planes;
  bits->Ue();
  if (chroma) bits->Ue();
  SkipWeights(bits, count[0], chroma);
  if (b) SkipWeights(bits, count[1], chroma);
}

std::optional<int> ReadQp(RbspReader* bits, std::span<const uint8_t> nal,
                          const Sps& sps, const Pps& pps, SliceKind kind) {
  const bool idr = NalTypeOf(nal) == kNalIdrSlice;
  if (sps.separate_planes) bits->Skip(2);
  bits->Skip(sps.frame_num_bits);
  bool field = false;
  if (!sps.frame_mbs_only) {
    field = bits->Flag();
    if (field) bits->Skip(1);
  }
  if (idr) bits->Ue();
  SkipPictureOrder(bits, sps, pps, field);
  if (pps.redundant_pic_count_present) bits->Ue();
  SkipReferences(bits, sps, pps, kind);
  if ((nal[0] >> 5 & 3) != 0) SkipRefMarking(bits, idr);
  const bool intra = kind == SliceKind::kI || kind == SliceKind::kSi;
  if (pps.cabac && !intra) bits->Ue();
  const int64_t qp = int64_t{pps.init_qp} + bits->Se();
  // Deeper samples have QPs below 0, which a summary has no use for.
  if (!bits->ok() || qp < -36 || qp > 51) return std::nullopt;
  return static_cast<int>(qp < 0 ? 0 : qp);
}

}  // namespace

absl::StatusOr<Sps> ParseSps(std::span<const uint8_t> nal) {
  if (nal.empty()) return Broken("SPS");
  RbspReader bits(nal.subspan(1));
  Sps sps;
  const uint32_t profile = bits.Bits(8);
  bits.Skip(16);  // constraint flags, level
  sps.id = bits.Ue();
  if (HasChromaFields(profile)) ReadChromaFields(&bits, &sps);
  const uint32_t frame_num_bits = bits.Ue();
  sps.frame_num_bits = frame_num_bits <= 12 ? frame_num_bits + 4 : 32;
  ReadPictureOrder(&bits, &sps);
  bits.Ue();     // max_num_ref_frames
  bits.Skip(1);  // gaps_in_frame_num_value_allowed
  const uint32_t width = bits.Ue();
  const uint32_t height = bits.Ue();
  if (width >= kMaxSide || height >= kMaxSide) return Broken("SPS");
  sps.mb_width = width + 1;
  sps.map_height = height + 1;
  sps.frame_mbs_only = bits.Flag();
  if (!bits.ok() || !IsAllowed(sps)) return Broken("SPS");
  return sps;
}

absl::StatusOr<Pps> ParsePps(std::span<const uint8_t> nal) {
  if (nal.empty()) return Broken("PPS");
  RbspReader bits(nal.subspan(1));
  Pps pps;
  pps.id = bits.Ue();
  pps.sps_id = bits.Ue();
  pps.cabac = bits.Flag();
  pps.pic_order_present = bits.Flag();
  const uint32_t more_groups = bits.Ue();
  if (more_groups > 7) return Broken("PPS");
  if (more_groups > 0) SkipSliceGroups(&bits, more_groups + 1);
  for (uint32_t& count : pps.ref_count) {
    const uint32_t more = bits.Ue();
    if (more >= kMaxRefs) return Broken("PPS");
    count = more + 1;
  }
  pps.weighted_pred = bits.Flag();
  pps.weighted_bipred = bits.Bits(2);
  const int32_t qp = bits.Se();
  if (qp < -62 || qp > 25) return Broken("PPS");
  pps.init_qp = 26 + qp;
  bits.Se();     // pic_init_qs
  bits.Se();     // chroma_qp_index_offset
  bits.Skip(2);  // deblocking control, constrained intra
  pps.redundant_pic_count_present = bits.Flag();
  if (!bits.ok() || pps.id > kMaxPpsId || pps.sps_id > kMaxSpsId) {
    return Broken("PPS");
  }
  return pps;
}

std::optional<uint32_t> ParameterSetId(std::span<const uint8_t> nal) {
  const NalType type = NalTypeOf(nal);
  if (!IsParameterSet(type)) return std::nullopt;
  RbspReader bits(nal.subspan(1));
  if (type == kNalSps || type == kNalSubsetSps) bits.Skip(24);
  const uint32_t id = bits.Ue();
  if (!bits.ok() || id > (type == kNalPps ? kMaxPpsId : kMaxSpsId)) {
    return std::nullopt;
  }
  return id;
}

absl::StatusOr<SliceHeader> ParseSliceHeader(std::span<const uint8_t> nal,
                                             const ParameterSets& sets) {
  if (nal.empty()) return Broken("slice header");
  RbspReader bits(nal.subspan(1));
  SliceHeader header;
  header.first_mb = bits.Ue();
  const uint32_t kind = bits.Ue();
  if (!bits.ok() || kind > 9) return Broken("slice header");
  header.kind = static_cast<SliceKind>(kind % 5);
  header.pps_id = bits.Ue();
  if (!bits.ok() || header.pps_id > kMaxPpsId) return Broken("slice header");
  const auto pps = sets.pps.find(header.pps_id);
  if (pps == sets.pps.end()) return header;
  const auto sps = sets.sps.find(pps->second.sps_id);
  if (sps == sets.sps.end()) return header;
  header.qp = ReadQp(&bits, nal, sps->second, pps->second, header.kind);
  return header;
}

}  // namespace fovea
