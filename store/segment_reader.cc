// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads segment records. A length is compared with what remains of the file
// and with the limits before anything is allocated for it.

#include "store/segment_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"
#include "store/planted_bug.h"

namespace fovea {
namespace {

constexpr size_t kSearchWindow = 64 << 10;

// Compares the checksum at the end of `bytes` with that of the rest.
bool CrcAgrees(std::span<const uint8_t> bytes) {
  if (IsPlanted(PlantedBug::kSkipChecksum)) return true;
  const std::span<const uint8_t> covered =
      bytes.first(bytes.size() - kCrcBytes);
  ByteReader stored(bytes.last(kCrcBytes));
  return Crc32c{stored.Little<uint32_t>()} == ComputeCrc32c(covered);
}

bool IsRecordType(uint8_t type) {
  return type >= static_cast<uint8_t>(RecordType::kChunk) &&
         type <= static_cast<uint8_t>(RecordType::kSnapshot);
}

uint64_t LongestPayload(RecordType type) {
  return type == RecordType::kChunk ? kStoreLimits.chunk_bytes
                                    : kStoreLimits.journal_bytes;
}

}  // namespace

absl::Status SegmentReader::Damage(uint64_t offset,
                                   const std::string& what) const {
  return absl::DataLossError(
      absl::StrCat(SegmentLabel(id_), " at offset ", offset, ": ", what));
}

absl::Status SegmentReader::ReadExactly(uint64_t offset,
                                        std::span<uint8_t> out) {
  FOVEA_ASSIGN_OR_RETURN(const size_t got, file_->Read(offset, out));
  if (got == out.size()) return absl::OkStatus();
  return Damage(offset, absl::StrCat("expected ", out.size(),
                                     " bytes, the file holds ", got));
}

absl::StatusOr<SegmentHeader> SegmentReader::ReadFileHeader() {
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, ParseFileHeader());
  if (header.id == id_) return header;
  return Damage(0, absl::StrCat("file header names segment ", header.id));
}

absl::Status SegmentReader::CheckBelongs(const StoreId& store_id) {
  FOVEA_ASSIGN_OR_RETURN(const SegmentHeader header, ParseFileHeader());
  if (header.store_id == store_id && header.id == id_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(SegmentLabel(id_), " ",
                   header.store_id == store_id
                       ? absl::StrCat("is a file of ", SegmentLabel(header.id))
                       : "belongs to another store",
                   "; move its file away"));
}

absl::StatusOr<SegmentHeader> SegmentReader::ParseFileHeader() {
  std::array<uint8_t, kSegmentHeaderBytes> bytes;
  FOVEA_RETURN_IF_ERROR(ReadExactly(0, bytes));
  if (!CrcAgrees(bytes)) return Damage(0, "file header checksum is wrong");
  ByteReader in(bytes);
  if (TextOf(in.Bytes(kSegmentMagic.size())) != kSegmentMagic) {
    return Damage(0, "no segment file magic");
  }
  if (const uint32_t version = in.Little<uint32_t>();
      version != kSegmentFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(SegmentLabel(id_), " has format ", version,
                     "; this program reads ", kSegmentFormat));
  }
  SegmentHeader header;
  header.retention_class = in.Little<uint16_t>();
  in.Little<uint16_t>();
  header.id = in.Little<uint64_t>();
  header.hour = static_cast<int64_t>(in.Little<uint64_t>());
  std::ranges::copy(in.Bytes(kStoreIdBytes), header.store_id.begin());
  return header;
}

absl::StatusOr<RecordHeader> SegmentReader::ReadHeader(uint64_t offset,
                                                       uint64_t end) {
  std::array<uint8_t, kRecordHeaderBytes> bytes;
  if (offset > end || end - offset < kRecordOverhead) {
    return Damage(offset, absl::StrCat("no room for a record before ", end));
  }
  FOVEA_RETURN_IF_ERROR(ReadExactly(offset, bytes));
  return ParseHeader(bytes, offset, end);
}

absl::StatusOr<RecordHeader> SegmentReader::ParseHeader(
    std::span<const uint8_t> bytes, uint64_t offset, uint64_t end) {
  ByteReader in(bytes);
  if (TextOf(in.Bytes(kRecordMagic.size())) != kRecordMagic) {
    return Damage(offset, "expected a record, found other bytes");
  }
  if (!CrcAgrees(bytes)) {
    return Damage(offset, "record header checksum is wrong");
  }
  const uint8_t type = in.Little<uint8_t>();
  in.Bytes(3);
  RecordHeader header;
  header.type = static_cast<RecordType>(type);
  header.segment = in.Little<uint64_t>();
  header.offset = in.Little<uint64_t>();
  header.length = in.Little<uint64_t>();
  const std::span<const uint8_t> name = in.Bytes(kNameBytes);
  std::ranges::copy(name, header.chunk.bytes.begin());
  header.sequence = ByteReader(name).Little<uint64_t>();
  if ((header.segment != id_ || header.offset != offset) &&
      !IsPlanted(PlantedBug::kChecksumWithoutOffset)) {
    return Damage(offset, absl::StrCat("the record there belongs to ",
                                       SegmentLabel(header.segment),
                                       " at offset ", header.offset));
  }
  if (!IsRecordType(type)) {
    return Damage(offset, absl::StrCat("record type ", type, " is unknown"));
  }
  if (header.length > LongestPayload(header.type) ||
      header.length > end - offset - kRecordOverhead) {
    return Damage(offset, absl::StrCat("a payload of ", header.length,
                                       " bytes does not end before ", end));
  }
  return header;
}

absl::StatusOr<std::vector<uint8_t>> SegmentReader::ReadPayload(
    const RecordHeader& header) {
  std::vector<uint8_t> bytes(static_cast<size_t>(header.length) + kCrcBytes);
  FOVEA_RETURN_IF_ERROR(ReadExactly(header.offset + kRecordHeaderBytes, bytes));
  if (!CrcAgrees(bytes)) {
    return Damage(header.offset, "payload checksum is wrong");
  }
  bytes.resize(bytes.size() - kCrcBytes);
  return bytes;
}

absl::StatusOr<std::vector<uint8_t>> SegmentReader::ReadChunk(const ChunkId& id,
                                                              uint64_t offset,
                                                              uint64_t length,
                                                              Crc32c crc) {
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, Size());
  FOVEA_ASSIGN_OR_RETURN(const RecordHeader header, ReadHeader(offset, size));
  if (header.type != RecordType::kChunk || header.chunk != id ||
      header.length != length) {
    return Damage(offset,
                  absl::StrCat("expected chunk ", id.ToHex(), " of ", length,
                               " bytes, found ", header.chunk.ToHex(), " of ",
                               header.length));
  }
  FOVEA_ASSIGN_OR_RETURN(std::vector<uint8_t> payload, ReadPayload(header));
  if (ComputeCrc32c(payload) != crc) {
    return Damage(offset, absl::StrCat("chunk ", id.ToHex(),
                                       " differs from its catalogue row"));
  }
  return payload;
}

absl::StatusOr<std::optional<uint64_t>> SegmentReader::FindRecord(
    uint64_t begin, uint64_t end) {
  std::vector<uint8_t> window(kSearchWindow);
  while (begin < end && end - begin >= kRecordOverhead) {
    FOVEA_ASSIGN_OR_RETURN(const size_t got, file_->Read(begin, window));
    if (got < kRecordHeaderBytes) return std::nullopt;
    const std::span<const uint8_t> bytes(window.data(), got);
    const std::string_view text = TextOf(bytes);
    for (size_t at = text.find(kRecordMagic);
         at != text.npos && got - at >= kRecordHeaderBytes;
         at = text.find(kRecordMagic, at + 1)) {
      const uint64_t place = begin + at;
      if (place >= end || end - place < kRecordOverhead) return std::nullopt;
      if (ParseHeader(bytes.subspan(at, kRecordHeaderBytes), place, end).ok()) {
        return place;
      }
    }
    begin += got - kRecordHeaderBytes + 1;
  }
  return std::nullopt;
}

absl::Status WalkSegment(SegmentReader& reader, uint64_t begin, uint64_t end,
                         const SegmentVisitor& visitor) {
  while (begin < end) {
    const absl::StatusOr<RecordHeader> header = reader.ReadHeader(begin, end);
    if (header.ok()) {
      FOVEA_RETURN_IF_ERROR(visitor.record(*header));
      begin = header->end();
      continue;
    }
    if (!absl::IsDataLoss(header.status())) return header.status();
    FOVEA_ASSIGN_OR_RETURN(const std::optional<uint64_t> found,
                           reader.FindRecord(begin + 1, end));
    const uint64_t next = found.value_or(end);
    FOVEA_RETURN_IF_ERROR(visitor.damage(begin, next, header.status()));
    begin = next;
  }
  return absl::OkStatus();
}

}  // namespace fovea
