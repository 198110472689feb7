// SPDX-License-Identifier: GPL-2.0-or-later
//
//   record   opcode u8, length u64, content; little-endian throughout
//   chunk    first and last time u64, unpacked size u64, its CRC u32,
//            compression string, packed size u64, packed records
//
// Nothing finds into step again after a wrong length, so the first record
// that cannot be is the last one looked at.

#include "codec/formats/internal/mcap_records.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/byte_fields.h"
#include "codec/formats/internal/lz4_unpack.h"
#include "codec/formats/internal/utf8.h"
#include "codec/formats/internal/zstd_pack.h"

namespace fovea::codec_internal {
namespace {

constexpr std::string_view kMagic("\x89MCAP0\r\n", 8);
constexpr size_t kHeadBytes = 9;
constexpr size_t kStepBytes = 256U << 10;
constexpr size_t kShownBytes = 20;

absl::StatusOr<std::vector<uint8_t>> Unpack(std::string_view compression,
                                            std::span<const uint8_t> packed,
                                            uint64_t size) {
  const auto bytes = static_cast<size_t>(size);
  if (compression == "zstd") return ZstdUnpack(packed, bytes);
  if (compression == "lz4") return Lz4Unpack(packed, bytes);
  if (!compression.empty()) {
    return absl::UnimplementedError(
        absl::StrCat("compression '", PrintableUtf8(compression, kShownBytes),
                     "'; expected none, lz4 or zstd"));
  }
  if (packed.size() != bytes) {
    return absl::DataLossError(
        absl::StrCat(packed.size(), " bytes of ", bytes));
  }
  return std::vector<uint8_t>(packed.begin(), packed.end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<McapRecords>> McapRecords::Open(
    std::unique_ptr<ByteWindow> bytes, const FormatLimits& limits) {
  const auto head = bytes->Peek(kMagic.size());
  if (!head.ok()) return head.status();
  if (TextOf(*head) != kMagic) {
    return absl::InvalidArgumentError(
        absl::StrCat(bytes->name(),
                     ": no MCAP file: expected 89 4D 43 41 50 30 0D 0A at "
                     "byte 0; 'fovea ingest --opaque' keeps any file as it "
                     "is"));
  }
  std::unique_ptr<McapRecords> records(
      new McapRecords(std::move(bytes), limits));
  records->Rewind();
  return records;
}

void McapRecords::Rewind() {
  bytes_->Rewind();
  last_size_ = kMagic.size();
  ended_ = in_summary_ = false;
  crc_ = {};
  chunk_.clear();
  chunk_at_ = 0;
  damage_ = {};
  attachments_ = 0;
}

// Goes on by `size` bytes, which count for the checksum.
absl::Status McapRecords::Leave(uint64_t size) {
  while (size > 0) {
    const auto step =
        bytes_->Peek(static_cast<size_t>(std::min<uint64_t>(size, kStepBytes)));
    if (!step.ok()) return step.status();
    crc_.Add(TextOf(*step));
    bytes_->Skip(step->size());
    size -= step->size();
  }
  return absl::OkStatus();
}

void McapRecords::CutHere(const std::string& what) {
  damage_.Add(bytes_->left(),
              absl::StrCat("byte ", bytes_->offset(), ": ", what));
  ended_ = true;
}

absl::StatusOr<std::optional<McapRecord>> McapRecords::Next() {
  while (true) {
    if (auto record = NextInChunk()) return record;
    auto record = NextInFile();
    if (!record.ok() || record->has_value()) return record;
    if (ended_) return std::nullopt;
  }
}

// The next record outside of chunks, if it is one that is wanted; a chunk is
// opened. Ends at the end of the file.
absl::StatusOr<std::optional<McapRecord>> McapRecords::NextInFile() {
  if (ended_) return std::nullopt;
  if (absl::Status s = Leave(std::exchange(last_size_, 0)); !s.ok()) return s;
  const auto head = bytes_->Peek(kHeadBytes);
  if (!head.ok()) return head.status();
  if (head->size() < kHeadBytes) {
    CutHere("the file is cut");
    return std::nullopt;
  }
  const auto opcode = static_cast<McapOpcode>(head->front());
  const auto size = LittleAt<uint64_t>(head->data() + 1);
  if (head->front() == 0) {
    CutHere("no record is there");
    return std::nullopt;
  }
  if (size > bytes_->left() - kHeadBytes) {
    CutHere(absl::StrCat("a record of ", size, " bytes is cut after ",
                         bytes_->left() - kHeadBytes));
    return std::nullopt;
  }
  last_size_ = kHeadBytes + size;
  const bool wanted = !in_summary_ && (opcode == McapOpcode::kSchema ||
                                       opcode == McapOpcode::kChannel ||
                                       opcode == McapOpcode::kMessage);
  if (!wanted) {
    if (absl::Status s = Enter(opcode, size); !s.ok()) return s;
    return std::nullopt;
  }
  if (size > limits_.max_mcap_record_bytes) {
    damage_.Add(
        last_size_,
        absl::StrCat("byte ", bytes_->offset(), ": a record of ", size,
                     " bytes, at most ", limits_.max_mcap_record_bytes));
    return std::nullopt;
  }
  const auto record = bytes_->Peek(static_cast<size_t>(last_size_));
  if (!record.ok()) return record.status();
  return McapRecord{opcode, bytes_->offset(), record->subspan(kHeadBytes)};
}

// A record that is not handed out.
absl::Status McapRecords::Enter(McapOpcode opcode, uint64_t size) {
  if (opcode == McapOpcode::kAttachment || opcode == McapOpcode::kMetadata) {
    ++attachments_;
  }
  const bool read = opcode == McapOpcode::kFooter ||
                    (!in_summary_ && (opcode == McapOpcode::kChunk ||
                                      opcode == McapOpcode::kDataEnd));
  if (!read) return absl::OkStatus();
  if (size > limits_.max_mcap_record_bytes) {
    damage_.Add(
        size, absl::StrCat("byte ", bytes_->offset(), ": a record of ", size,
                           " bytes, at most ", limits_.max_mcap_record_bytes));
    return absl::OkStatus();
  }
  const auto record = bytes_->Peek(static_cast<size_t>(last_size_));
  if (!record.ok()) return record.status();
  const auto content = record->subspan(kHeadBytes);
  if (opcode == McapOpcode::kChunk) {
    OpenChunk(content);
  } else if (opcode == McapOpcode::kFooter) {
    EndFile(content);
  } else {
    EndData(content);
    if (absl::Status s = Leave(std::exchange(last_size_, 0)); !s.ok()) return s;
    crc_ = {};
  }
  return absl::OkStatus();
}

void McapRecords::OpenChunk(std::span<const uint8_t> content) {
  ByteFields fields(content);
  fields.Number<uint64_t>();  // first and last time
  fields.Number<uint64_t>();
  const auto size = fields.Number<uint64_t>();
  const auto checksum = fields.Number<uint32_t>();
  const std::string_view compression = fields.Text();
  const auto packed = fields.Take(fields.Number<uint64_t>());
  const auto fail = [&](const std::string& what) {
    damage_.Add(last_size_,
                absl::StrCat("byte ", bytes_->offset(), ": chunk: ", what));
  };
  if (!fields.ok()) return fail("shorter than its fields");
  if (size > limits_.max_mcap_record_bytes) {
    return fail(absl::StrCat(size, " bytes unpacked, at most ",
                             limits_.max_mcap_record_bytes));
  }
  auto plain = Unpack(compression, packed, size);
  if (!plain.ok()) return fail(std::string(plain.status().message()));
  if (checksum != 0) {
    Crc32 crc;
    crc.Add(TextOf(*plain));
    if (crc.value() != checksum) return fail("its checksum differs");
  }
  chunk_ = *std::move(plain);
  chunk_at_ = 0;
  chunk_offset_ = bytes_->offset();
}

std::optional<McapRecord> McapRecords::NextInChunk() {
  while (chunk_at_ < chunk_.size()) {
    const std::span<const uint8_t> left =
        std::span<const uint8_t>(chunk_).subspan(chunk_at_);
    const uint64_t size =
        left.size() < kHeadBytes ? 0 : LittleAt<uint64_t>(left.data() + 1);
    if (left.size() < kHeadBytes || size > left.size() - kHeadBytes) {
      damage_.Add(left.size(), absl::StrCat("byte ", chunk_offset_,
                                            ": chunk: a record is cut"));
      break;
    }
    const auto opcode = static_cast<McapOpcode>(left.front());
    chunk_at_ += kHeadBytes + static_cast<size_t>(size);
    if (opcode == McapOpcode::kSchema || opcode == McapOpcode::kChannel ||
        opcode == McapOpcode::kMessage) {
      return McapRecord{opcode, chunk_offset_,
                        left.subspan(kHeadBytes, static_cast<size_t>(size))};
    }
  }
  chunk_.clear();
  chunk_at_ = 0;
  return std::nullopt;
}

void McapRecords::EndData(std::span<const uint8_t> content) {
  in_summary_ = true;
  const uint32_t checksum = ByteFields(content).Number<uint32_t>();
  if (checksum == 0 || checksum == crc_.value()) return;
  damage_.Add(0, absl::StrCat("byte ", bytes_->offset(),
                              ": checksum of the data differs"));
}

// The checksum covers the summary and the footer up to itself.
void McapRecords::EndFile(std::span<const uint8_t> content) {
  ended_ = true;
  ByteFields fields(content);
  const bool has_summary = fields.Number<uint64_t>() != 0;
  fields.Number<uint64_t>();
  const size_t covered = fields.taken();
  const auto checksum = fields.Number<uint32_t>();
  const uint64_t after = bytes_->left() - last_size_;
  const auto end =
      bytes_->Peek(static_cast<size_t>(last_size_) + kMagic.size());
  if (!fields.ok() || after != kMagic.size() || !end.ok() ||
      TextOf(end->last(kMagic.size())) != kMagic) {
    damage_.Add(0, absl::StrCat("byte ", bytes_->offset(),
                                ": the file does not end after its footer"));
    return;
  }
  if (!in_summary_) {
    damage_.Add(0, absl::StrCat("byte ", bytes_->offset(),
                                ": the data has no end record"));
  }
  if (checksum == 0 || !has_summary || !in_summary_) return;
  crc_.Add(TextOf(end->first(kHeadBytes + covered)));
  if (crc_.value() == checksum) return;
  damage_.Add(0, absl::StrCat("byte ", bytes_->offset(),
                              ": checksum of the summary differs"));
}

}  // namespace fovea::codec_internal
