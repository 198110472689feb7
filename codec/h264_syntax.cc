// SPDX-License-Identifier: GPL-2.0-or-later
//
// NAL unit borders, the bit reader, recovery points and the avcC box.
// Parameter sets and slice headers are in codec/internal/h264_headers.cc.

#include "codec/h264_syntax.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr uint32_t kSeiRecoveryPoint = 6;

absl::Status TooManyUnits(const CodecLimits& limits) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "access unit has more than ", limits.max_nal_units, " NAL units"));
}

// Offset of the next 00 00 01 at or after `from`, or the size.
size_t FindStartCode(std::span<const uint8_t> bytes, size_t from) {
  const uint8_t* const begin = bytes.data();
  size_t at = from + 2;
  while (at < bytes.size()) {
    const void* one = std::memchr(begin + at, 1, bytes.size() - at);
    if (one == nullptr) break;
    at = static_cast<size_t>(static_cast<const uint8_t*>(one) - begin);
    if (begin[at - 1] == 0 && begin[at - 2] == 0) return at - 2;
    ++at;
  }
  return bytes.size();
}

// Number of zero bytes at the end of bytes[from, to).
size_t TrailingZeros(std::span<const uint8_t> bytes, size_t from, size_t to) {
  size_t end = to;
  while (end > from && bytes[end - 1] == 0) --end;
  return to - end;
}

absl::StatusOr<SplitUnit> SplitAnnexB(std::span<const uint8_t> unit,
                                      const CodecLimits& limits) {
  SplitUnit split;
  size_t code = FindStartCode(unit, 0);
  size_t zeros = TrailingZeros(unit, 0, code);
  split.leading = code - zeros;
  while (code < unit.size()) {
    if (split.pieces.size() == limits.max_nal_units) {
      return TooManyUnits(limits);
    }
    const size_t begin = code + 3;
    const size_t next = FindStartCode(unit, begin);
    const size_t next_zeros = TrailingZeros(unit, begin, next);
    split.pieces.push_back({begin, next - next_zeros - begin, zeros + 2, 0});
    code = next;
    zeros = next_zeros;
  }
  split.tail_zeros = zeros;
  return split;
}

// Whether Annex B bytes hold anything a decoder needs.
bool HoldsSlicesOrSets(std::span<const uint8_t> bytes) {
  for (size_t code = FindStartCode(bytes, 0); code + 3 < bytes.size();
       code = FindStartCode(bytes, code + 3)) {
    const NalType type = NalTypeOf(bytes.subspan(code + 3, 1));
    if (IsSliceData(type) || IsParameterSet(type)) return true;
  }
  return false;
}

// Some cameras' files have an Annex B end of sequence inside the last
// prefixed unit. A muxer that converts the file cuts the unit there, so it
// must not count as part of the slice.
NalPiece PrefixedPiece(std::span<const uint8_t> unit, size_t at,
                       size_t length) {
  const auto bytes = unit.subspan(at, length);
  const size_t zeros = TrailingZeros(bytes, 0, length);
  const size_t code = FindStartCode(bytes, 0);
  if (code == length || HoldsSlicesOrSets(bytes.subspan(code))) {
    return {at, length - zeros, zeros, 0};
  }
  const size_t size = code - TrailingZeros(bytes, 0, code);
  return {at, size, 0, length - size};
}

absl::StatusOr<SplitUnit> SplitPrefixed(std::span<const uint8_t> unit,
                                        size_t prefix,
                                        const CodecLimits& limits) {
  SplitUnit split;
  size_t at = 0;
  while (at < unit.size()) {
    if (split.pieces.size() == limits.max_nal_units) {
      return TooManyUnits(limits);
    }
    if (unit.size() - at < prefix) {
      return absl::DataLossError(
          absl::StrCat("access unit ends inside the length prefix at byte ", at,
                       " of ", unit.size()));
    }
    size_t length = 0;
    for (size_t i = 0; i < prefix; ++i) length = length << 8 | unit[at + i];
    at += prefix;
    if (length > unit.size() - at) {
      return absl::DataLossError(
          absl::StrCat("NAL unit at byte ", at, " claims ", length, " bytes, ",
                       unit.size() - at, " remain in the access unit"));
    }
    split.pieces.push_back(PrefixedPiece(unit, at, length));
    at += length;
  }
  return split;
}

// One byte count or type of a SEI message: 255s and a last byte.
uint32_t SeiNumber(RbspReader* bits) {
  uint32_t value = 0;
  uint32_t byte = 255;
  while (byte == 255 && bits->ok()) {
    byte = bits->Bits(8);
    value += byte;
  }
  return value;
}

// Reads the sets of one kind out of an avcC box from `*at` on.
absl::Status ReadSets(std::span<const uint8_t> box, size_t count, size_t* at,
                      const CodecLimits& limits, CodecConfig* config) {
  for (size_t i = 0; i < count; ++i) {
    if (box.size() - *at < 2) {
      return absl::DataLossError(
          absl::StrCat("avcC: parameter set length expected at byte ", *at,
                       " of ", box.size()));
    }
    const size_t length = static_cast<size_t>(box[*at]) << 8 | box[*at + 1];
    *at += 2;
    if (length > box.size() - *at ||
        config->parameter_sets.size() == limits.max_parameter_sets) {
      return absl::DataLossError(absl::StrCat("avcC: parameter set of ", length,
                                              " bytes at byte ", *at, ", ",
                                              box.size() - *at, " remain"));
    }
    if (length > 0) config->parameter_sets.push_back(box.subspan(*at, length));
    *at += length;
  }
  return absl::OkStatus();
}

absl::StatusOr<CodecConfig> ParseAvcc(std::span<const uint8_t> box,
                                      const CodecLimits& limits) {
  if (box.size() < 7) {
    return absl::DataLossError(
        absl::StrCat("avcC: 7 bytes expected, found ", box.size()));
  }
  CodecConfig config;
  config.framing = (box[4] & 3) + 1;
  if (config.framing == 3) {
    return absl::DataLossError("avcC: length prefixes of 3 bytes at byte 4");
  }
  size_t at = 6;
  absl::Status status = ReadSets(box, box[5] & 31, &at, limits, &config);
  if (!status.ok()) return status;
  if (at == box.size()) {
    return absl::DataLossError(
        absl::StrCat("avcC: PPS count expected at byte ", at));
  }
  const size_t pps_count = box[at++];
  status = ReadSets(box, pps_count, &at, limits, &config);
  if (!status.ok()) return status;
  // What may follow repeats the SPS, except for SPS extensions, which only
  // alpha pictures use. Writers often leave it out or get it wrong.
  return config;
}

absl::StatusOr<CodecConfig> ParseAnnexBConfig(std::span<const uint8_t> bytes,
                                              const CodecLimits& limits) {
  auto split = SplitAnnexB(bytes, limits);
  if (!split.ok()) return split.status();
  if (split->leading > 0 || split->pieces.empty()) {
    return absl::DataLossError(
        absl::StrCat("codec configuration of ", bytes.size(),
                     " bytes is neither an avcC box nor Annex B"));
  }
  CodecConfig config;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = bytes.subspan(piece.offset, piece.size);
    if (!IsParameterSet(NalTypeOf(nal))) continue;
    if (config.parameter_sets.size() == limits.max_parameter_sets ||
        piece.size > limits.max_parameter_set_bytes) {
      return absl::ResourceExhaustedError(
          "codec configuration has too many or too large parameter sets");
    }
    config.parameter_sets.push_back(nal);
  }
  return config;
}

}  // namespace

NalType NalTypeOf(std::span<const uint8_t> nal) {
  return nal.empty() ? NalType{} : static_cast<NalType>(nal[0] & 31);
}

bool IsSliceData(NalType type) {
  return (type >= kNalSlice && type <= kNalIdrSlice) ||
         (type >= kNalAuxiliarySlice && type <= kNalDepthSlice);
}

bool IsBaseSlice(NalType type) {
  // Data partitions B and C (3, 4) have no slice header of their own.
  return type == kNalSlice || type == kNalSlice + 1 || type == kNalIdrSlice;
}

bool IsParameterSet(NalType type) {
  return type == kNalSps || type == kNalPps || type == kNalSpsExtension ||
         type == kNalSubsetSps;
}

absl::StatusOr<SplitUnit> SplitAccessUnit(std::span<const uint8_t> unit,
                                          NalFraming framing,
                                          const CodecLimits& limits) {
  assert(framing == kAnnexB || framing == 1 || framing == 2 || framing == 4);
  if (framing == kAnnexB) return SplitAnnexB(unit, limits);
  return SplitPrefixed(unit, static_cast<size_t>(framing), limits);
}

RbspReader::RbspReader(std::span<const uint8_t> bytes)
    : next_(bytes.data()), remaining_(bytes.size()) {}

int RbspReader::Bit() {
  if (bits_left_ == 0) {
    if (zeros_ >= 2 && remaining_ > 0 && *next_ == 3) {
      ++next_;
      --remaining_;
      zeros_ = 0;
    }
    if (remaining_ == 0) {
      failed_ = true;
      return 0;
    }
    current_ = *next_++;
    --remaining_;
    zeros_ = current_ == 0 ? zeros_ + 1 : 0;
    bits_left_ = 8;
  }
  --bits_left_;
  return current_ >> bits_left_ & 1;
}

uint32_t RbspReader::Bits(int count) {
  assert(count >= 0 && count <= 32);
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) {
    value = value << 1 | static_cast<uint32_t>(Bit());
  }
  return failed_ ? 0 : value;
}

uint32_t RbspReader::Ue() {
  int zeros = 0;
  while (ok() && Bit() == 0) ++zeros;
  if (zeros > 31) failed_ = true;
  if (failed_) return 0;
  const uint32_t rest = Bits(zeros);
  return failed_ ? 0 : ((1U << zeros) - 1) + rest;
}

int32_t RbspReader::Se() {
  const uint32_t code = Ue();
  const auto half = static_cast<int32_t>(code / 2 + code % 2);
  return code % 2 != 0 ? half : -half;
}

void RbspReader::Skip(int64_t count) {
  for (int64_t i = 0; i < count && ok(); ++i) Bit();
}

std::optional<uint32_t> FindRecoveryPoint(std::span<const uint8_t> sei) {
  if (NalTypeOf(sei) != kNalSei) return std::nullopt;
  RbspReader bits(sei.subspan(1));
  while (bits.ok()) {
    const uint32_t type = SeiNumber(&bits);
    const uint32_t size = SeiNumber(&bits);
    if (!bits.ok()) break;
    if (type == kSeiRecoveryPoint) {
      const uint32_t frames = bits.Ue();
      if (bits.ok()) return frames;
      break;
    }
    bits.Skip(int64_t{size} * 8);
  }
  return std::nullopt;
}

absl::StatusOr<CodecConfig> ParseCodecConfig(std::span<const uint8_t> config,
                                             const CodecLimits& limits) {
  if (config.empty()) return CodecConfig{};
  if (config[0] == 1) return ParseAvcc(config, limits);
  return ParseAnnexBConfig(config, limits);
}

}  // namespace fovea
