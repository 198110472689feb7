// SPDX-License-Identifier: GPL-2.0-or-later
//
//   u8       version 1
//   u8       verdict | map_holds << 4 | map << 5
//   u8       unit
//   zigzag   varint chroma QP offset
//   f32 x 3  budget, error energy, reference; little-endian
//   models   model list
//   map      only with the map bit: varint columns, varint rows, coded plane
//            of offset / 2, to the checksum
//   u32      CRC-32 of all before it

#include "codec/quality_side_data.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/h264_syntax.h"
#include "codec/internal/crc32.h"
#include "codec/internal/model_list.h"
#include "codec/plane_coder.h"

namespace fovea {
namespace {

using internal::kCrcBytes;

constexpr uint8_t kVersion = 1;
constexpr uint8_t kVerdictBits = 0x0f;
constexpr uint8_t kMapHolds = 0x10;
constexpr uint8_t kHasMap = 0x20;
constexpr int kMaxChromaQpOffset = 12;

// H.264 D.1.7: payload type and the UUID that says whose data it is, drawn
// at random once for this format.
constexpr uint32_t kUserDataUnregistered = 5;
constexpr std::array<uint8_t, 16> kUuid = {0x8c, 0x41, 0x99, 0x10, 0x12, 0x55,
                                           0x4c, 0xba, 0xb1, 0x1c, 0x3a, 0xa3,
                                           0x79, 0xed, 0x4c, 0xce};

void PutFloat(double value, std::vector<uint8_t>* out) {
  const double most = std::numeric_limits<float>::max();
  const auto bits =
      std::bit_cast<uint32_t>(static_cast<float>(std::min(value, most)));
  for (int shift = 0; shift < 32; shift += 8) {
    out->push_back(static_cast<uint8_t>(bits >> shift));
  }
}

double TakeFloat(ByteReader* in) {
  uint32_t bits = 0;
  for (int shift = 0; shift < 32; shift += 8)
    bits |= uint32_t{in->U8()} << shift;
  return std::bit_cast<float>(bits);
}

bool IsEnergy(double value) { return std::isfinite(value) && value >= 0; }

bool MapFits(const QualityMap& map, const CodecLimits& limits) {
  const int most = MacroblockCount(limits.max_side);
  if (map.columns < 1 || map.rows < 1 || map.columns > most ||
      map.rows > most) {
    return false;
  }
  return map.qp_offset.size() ==
             static_cast<size_t>(map.columns) * static_cast<size_t>(map.rows) &&
         std::all_of(map.qp_offset.begin(), map.qp_offset.end(),
                     [](uint8_t offset) {
                       return offset <= kMaxQpOffset && offset % 2 == 0;
                     });
}

absl::Status CheckSideData(const QualitySideData& data) {
  const CodecLimits limits;
  if (!IsEnergy(data.budget) || !IsEnergy(data.error_energy) ||
      !IsEnergy(data.reference)) {
    return absl::InvalidArgumentError(
        "side data: budget, error energy and reference must be finite and not "
        "negative");
  }
  if (std::abs(data.chroma_qp_offset) > kMaxChromaQpOffset) {
    return absl::InvalidArgumentError(
        absl::StrCat("side data: chroma QP offset ", data.chroma_qp_offset,
                     ": must be -12 to 12"));
  }
  if (data.map && !MapFits(*data.map, limits)) {
    return absl::InvalidArgumentError(
        absl::StrCat("side data: map of ", data.map->columns, "x",
                     data.map->rows, " with ", data.map->qp_offset.size(),
                     " offsets: must be even and at most ", kMaxQpOffset));
  }
  return internal::CheckModels(data.models, limits);
}

void PutMap(const QualityMap& map, std::vector<uint8_t>* out) {
  PutVarint(static_cast<uint64_t>(map.columns), out);
  PutVarint(static_cast<uint64_t>(map.rows), out);
  std::vector<uint8_t> halves(map.qp_offset);
  for (uint8_t& half : halves) half /= 2;
  EncodePlane(halves, map.columns, map.rows, out);
}

absl::StatusOr<QualityMap> TakeMap(const CodecLimits& limits, ByteReader* in) {
  const auto most = static_cast<uint64_t>(MacroblockCount(limits.max_side));
  const uint64_t columns = in->Varint();
  const uint64_t rows = in->Varint();
  if (columns < 1 || rows < 1 || columns > most || rows > most) {
    return absl::DataLossError(absl::StrCat("expected 1 to ", most,
                                            " columns and rows, found ",
                                            columns, "x", rows));
  }
  QualityMap map{static_cast<int>(columns), static_cast<int>(rows), {}};
  auto halves = DecodePlane(in->rest(), map.columns, map.rows);
  if (!halves.ok()) return halves.status();
  map.qp_offset = *std::move(halves);
  for (uint8_t& offset : map.qp_offset) {
    if (offset > kMaxQpOffset / 2) {
      return absl::DataLossError(absl::StrCat(
          "expected offsets up to ", kMaxQpOffset, ", found ", 2 * offset));
    }
    offset = static_cast<uint8_t>(offset * 2);
  }
  return map;
}

// The fields before the models. What is outside their ranges is told by
// CheckSideData.
absl::Status TakeFields(ByteReader* in, QualitySideData* data, bool* has_map) {
  const uint8_t version = in->U8();
  if (version != kVersion) {
    return absl::DataLossError(
        absl::StrCat("expected version 1, found ", static_cast<int>(version)));
  }
  const uint8_t flags = in->U8();
  const uint8_t verdict = flags & kVerdictBits;
  const uint8_t unit = in->U8();
  constexpr auto kLastVerdict =
      static_cast<uint8_t>(QualityVerdict::kUniformFallback);
  constexpr auto kLastUnit = static_cast<uint8_t>(SensitivityUnit::kRelative);
  if (verdict > kLastVerdict || unit > kLastUnit ||
      (flags & ~(kVerdictBits | kMapHolds | kHasMap)) != 0) {
    return absl::DataLossError(
        absl::StrCat("expected known flags and unit, found ",
                     static_cast<int>(flags), " and ", static_cast<int>(unit)));
  }
  data->verdict = static_cast<QualityVerdict>(verdict);
  data->unit = static_cast<SensitivityUnit>(unit);
  data->map_holds = (flags & kMapHolds) != 0;
  *has_map = (flags & kHasMap) != 0;
  const int64_t chroma = UnZigZag(in->Varint());
  data->chroma_qp_offset = static_cast<int>(std::clamp<int64_t>(
      chroma, -kMaxChromaQpOffset - 1, kMaxChromaQpOffset + 1));
  data->budget = TakeFloat(in);
  data->error_energy = TakeFloat(in);
  data->reference = TakeFloat(in);
  return absl::OkStatus();
}

absl::StatusOr<QualitySideData> TakeSideData(const CodecLimits& limits,
                                             ByteReader* in) {
  QualitySideData data;
  bool has_map = false;
  if (absl::Status s = TakeFields(in, &data, &has_map); !s.ok()) return s;
  if (!internal::TakeModels(limits, in, &data.models)) {
    return absl::DataLossError("expected a model list within the limits");
  }
  if (absl::Status s = CheckSideData(data); !s.ok()) {
    return absl::DataLossError(std::string(s.message()));
  }
  if (has_map) {
    auto map = TakeMap(limits, in);
    if (!map.ok()) return map.status();
    data.map = *std::move(map);
  } else if (in->remaining() > 0) {
    return absl::DataLossError(
        absl::StrCat(in->remaining(), " bytes left over"));
  }
  return data;
}

// FF bytes count 255 each, the next one ends the number (H.264 7.3.2.3.1).
void PutSeiNumber(size_t value, std::vector<uint8_t>* out) {
  for (; value >= 255; value -= 255) out->push_back(255);
  out->push_back(static_cast<uint8_t>(value));
}

size_t TakeSeiNumber(RbspReader* in) {
  size_t value = 0;
  uint32_t byte = 255;
  while (byte == 255 && in->ok()) value += byte = in->Bits(8);
  return value;
}

// 03 after two zeros wherever a start code or another 03 would follow.
std::vector<uint8_t> WithEmulationPrevention(std::span<const uint8_t> rbsp) {
  std::vector<uint8_t> nal;
  nal.reserve(rbsp.size() + rbsp.size() / 64);
  int zeros = 0;
  for (const uint8_t byte : rbsp) {
    if (zeros == 2 && byte <= 3) {
      nal.push_back(3);
      zeros = 0;
    }
    nal.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
  return nal;
}

// The payload of our message in a SEI unit, without the UUID.
std::optional<std::vector<uint8_t>> OurPayload(std::span<const uint8_t> nal,
                                               size_t most) {
  RbspReader in(nal.subspan(1));
  while (in.ok()) {
    const uint64_t type = TakeSeiNumber(&in);
    const size_t size = TakeSeiNumber(&in);
    if (!in.ok() || size > nal.size() || size > most) break;
    std::vector<uint8_t> payload(size);
    for (uint8_t& byte : payload) byte = static_cast<uint8_t>(in.Bits(8));
    if (in.ok() && type == kUserDataUnregistered && size >= kUuid.size() &&
        std::equal(kUuid.begin(), kUuid.end(), payload.begin())) {
      payload.erase(payload.begin(), payload.begin() + kUuid.size());
      return payload;
    }
  }
  return std::nullopt;
}

}  // namespace

const char* QualityVerdictName(QualityVerdict verdict) {
  switch (verdict) {
    case QualityVerdict::kKept:
      return "kept";
    case QualityVerdict::kExceeded:
      return "exceeded";
    case QualityVerdict::kUniformFallback:
      return "uniform fallback";
    case QualityVerdict::kUnchecked:
      break;
  }
  return "unchecked";
}

absl::StatusOr<std::vector<uint8_t>> EncodeSideData(
    const QualitySideData& data) {
  if (absl::Status s = CheckSideData(data); !s.ok()) return s;
  std::vector<uint8_t> out = {kVersion};
  out.push_back(static_cast<uint8_t>(static_cast<uint8_t>(data.verdict) |
                                     (data.map_holds ? kMapHolds : 0) |
                                     (data.map ? kHasMap : 0)));
  out.push_back(static_cast<uint8_t>(data.unit));
  PutVarint(ZigZag(data.chroma_qp_offset), &out);
  PutFloat(data.budget, &out);
  PutFloat(data.error_energy, &out);
  PutFloat(data.reference, &out);
  internal::PutModels(data.models, &out);
  if (data.map) PutMap(*data.map, &out);
  internal::PutCrc(0, &out);
  return out;
}

absl::StatusOr<QualitySideData> DecodeSideData(std::span<const uint8_t> bytes,
                                               const CodecLimits& limits) {
  const size_t size = bytes.size() - std::min(bytes.size(), kCrcBytes);
  if (bytes.size() < kCrcBytes ||
      !internal::CrcHolds(bytes.first(size), bytes.subspan(size))) {
    return absl::DataLossError(
        absl::StrCat("side data of ", bytes.size(),
                     " bytes: expected a checksum that holds at its end"));
  }
  ByteReader in(bytes.first(size));
  auto data = TakeSideData(limits, &in);
  if (data.ok() && in.ok()) return data;
  const std::string what =
      in.ok() ? std::string(data.status().message()) : "ends early";
  return absl::DataLossError(absl::StrCat("side data: offset ",
                                          bytes.size() - in.remaining(), " of ",
                                          bytes.size(), ": ", what));
}

absl::StatusOr<std::vector<uint8_t>> SideDataSei(const QualitySideData& data) {
  const auto payload = EncodeSideData(data);
  if (!payload.ok()) return payload.status();
  std::vector<uint8_t> rbsp = {kNalSei};
  PutSeiNumber(kUserDataUnregistered, &rbsp);
  PutSeiNumber(kUuid.size() + payload->size(), &rbsp);
  rbsp.insert(rbsp.end(), kUuid.begin(), kUuid.end());
  rbsp.insert(rbsp.end(), payload->begin(), payload->end());
  rbsp.push_back(0x80);  // rbsp_trailing_bits
  return WithEmulationPrevention(rbsp);
}

absl::Status InsertSei(std::span<const uint8_t> sei,
                       std::vector<uint8_t>* access_unit) {
  const auto split = SplitAccessUnit(*access_unit, kAnnexB, CodecLimits());
  if (!split.ok()) return split.status();
  for (const NalPiece& piece : split->pieces) {
    const auto nal = std::span<const uint8_t>(*access_unit)
                         .subspan(piece.offset, piece.size);
    if (!IsSliceData(NalTypeOf(nal))) continue;
    std::vector<uint8_t> unit = {0, 0, 0, 1};
    unit.insert(unit.end(), sei.begin(), sei.end());
    const auto at = access_unit->begin() +
                    static_cast<ptrdiff_t>(piece.offset - piece.zeros - 1);
    access_unit->insert(at, unit.begin(), unit.end());
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("access unit to mark has no slice");
}

absl::StatusOr<std::optional<QualitySideData>> FindSideData(
    std::span<const uint8_t> access_unit, NalFraming framing,
    const CodecLimits& limits) {
  const auto split = SplitAccessUnit(access_unit, framing, limits);
  if (!split.ok()) return split.status();
  for (const NalPiece& piece : split->pieces) {
    const auto nal = access_unit.subspan(piece.offset, piece.size);
    if (NalTypeOf(nal) != kNalSei) continue;
    const auto payload = OurPayload(nal, limits.max_side_data_bytes);
    if (!payload) continue;
    auto data = DecodeSideData(*payload, limits);
    if (!data.ok()) return data.status();
    return std::optional<QualitySideData>(*std::move(data));
  }
  return std::optional<QualitySideData>();
}

}  // namespace fovea
