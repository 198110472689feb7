// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes segment records: header, payload, payload checksum. A record's
// header holds its own place, so a misplaced or stale block fails too.

#include "store/segment_writer.h"

#include <utility>

#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"

namespace fovea {
namespace {

void SealWithCrc(std::string* bytes) {
  PutLittle(bytes, static_cast<uint32_t>(ComputeCrc32c(BytesOf(*bytes))));
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kSegmentMagic);
  PutLittle(&bytes, kSegmentFormat);
  PutLittle(&bytes, header.retention_class);
  PutLittle(&bytes, uint16_t{0});
  PutLittle(&bytes, header.id);
  PutLittle(&bytes, static_cast<uint64_t>(header.hour));
  PutBytes(&bytes, header.store_id);
  SealWithCrc(&bytes);
  return bytes;
}

std::string EncodeRecordHeader(RecordType type, uint64_t segment,
                               uint64_t offset, uint64_t length,
                               std::span<const uint8_t> name) {
  std::string bytes(kRecordMagic);
  PutLittle(&bytes, static_cast<uint8_t>(type));
  bytes.append(3, '\0');
  PutLittle(&bytes, segment);
  PutLittle(&bytes, offset);
  PutLittle(&bytes, length);
  PutBytes(&bytes, name);
  SealWithCrc(&bytes);
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(
    FileSystem* file_system, const std::string& path,
    const SegmentHeader& header) {
  FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file,
                         file_system->CreateAppend(path));
  std::unique_ptr<SegmentWriter> writer(
      new SegmentWriter(std::move(file), header.id, 0));
  FOVEA_RETURN_IF_ERROR(writer->Write(BytesOf(EncodeSegmentHeader(header))));
  return writer;
}

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Resume(
    FileSystem* file_system, const std::string& path, uint64_t id,
    uint64_t end) {
  FOVEA_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file,
                         file_system->OpenAppend(path));
  return std::unique_ptr<SegmentWriter>(
      new SegmentWriter(std::move(file), id, end));
}

absl::StatusOr<SegmentWriter::Appended> SegmentWriter::AppendChunk(
    const ChunkId& id, std::span<const uint8_t> payload) {
  return Append(RecordType::kChunk, id.bytes, payload);
}

absl::StatusOr<SegmentWriter::Appended> SegmentWriter::AppendRows(
    RecordType type, uint64_t sequence, std::span<const uint8_t> payload) {
  std::string name;
  PutLittle(&name, sequence);
  name.resize(kNameBytes, '\0');
  return Append(type, BytesOf(name), payload);
}

absl::StatusOr<SegmentWriter::Appended> SegmentWriter::Append(
    RecordType type, std::span<const uint8_t> name,
    std::span<const uint8_t> payload) {
  const Appended appended = {end_, ComputeCrc32c(payload)};
  // One write per record: a system call costs more than this copy.
  std::string record =
      EncodeRecordHeader(type, id_, end_, payload.size(), name);
  record.reserve(kRecordOverhead + payload.size());
  PutBytes(&record, payload);
  PutLittle(&record, static_cast<uint32_t>(appended.payload_crc));
  FOVEA_RETURN_IF_ERROR(Write(BytesOf(record)));
  return appended;
}

absl::Status SegmentWriter::Write(std::span<const uint8_t> bytes) {
  FOVEA_RETURN_IF_ERROR(file_->Append(bytes));
  end_ += bytes.size();
  return absl::OkStatus();
}

}  // namespace fovea
