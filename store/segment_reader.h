// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads one segment file and believes nothing in it: every record read is
// checked against both its checksums, its place and its name.

#ifndef FOVEA_STORE_SEGMENT_READER_H_
#define FOVEA_STORE_SEGMENT_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "store/crc32c.h"
#include "store/file_system.h"
#include "store/segment_format.h"

namespace fovea {

// Thread-safe. Damage is kDataLoss naming segment and offset; other codes
// are the file system's.
class SegmentReader {
 public:
  // `id` comes from the file's name, so that a damaged file header costs no
  // record.
  SegmentReader(std::unique_ptr<RandomFile> file, uint64_t id)
      : file_(std::move(file)), id_(id) {}

  uint64_t id() const { return id_; }
  absl::StatusOr<uint64_t> Size() { return file_->Size(); }

  // The file header, checked.
  absl::StatusOr<SegmentHeader> ReadFileHeader();

  // kFailedPrecondition for the sound file of another segment or store.
  absl::Status CheckBelongs(const StoreId& store_id);

  // The record header at `offset`, checked; the record has to end by `end`.
  absl::StatusOr<RecordHeader> ReadHeader(uint64_t offset, uint64_t end);

  // The payload behind a header that ReadHeader() returned, checked.
  absl::StatusOr<std::vector<uint8_t>> ReadPayload(const RecordHeader& header);

  // The payload of chunk `id` whose record is at `offset`.
  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id,
                                                 uint64_t offset,
                                                 uint64_t length, Crc32c crc);

  // The first place in [begin, end) where a sound record header stands.
  absl::StatusOr<std::optional<uint64_t>> FindRecord(uint64_t begin,
                                                     uint64_t end);

 private:
  absl::Status Damage(uint64_t offset, const std::string& what) const;
  absl::Status ReadExactly(uint64_t offset, std::span<uint8_t> out);
  absl::StatusOr<SegmentHeader> ParseFileHeader();
  absl::StatusOr<RecordHeader> ParseHeader(std::span<const uint8_t> bytes,
                                           uint64_t offset, uint64_t end);

  const std::unique_ptr<RandomFile> file_;
  const uint64_t id_;
};

// What a walk over records meets. A visitor's error ends the walk.
struct SegmentVisitor {
  std::function<absl::Status(const RecordHeader&)> record;
  // No sound record in [begin, end); `why` says what was found there.
  std::function<absl::Status(uint64_t begin, uint64_t end,
                             const absl::Status& why)>
      damage;
};

// Visits the records in [begin, end), stepping over what is damaged.
// Payloads are the visitor's to read.
absl::Status WalkSegment(SegmentReader& reader, uint64_t begin, uint64_t end,
                         const SegmentVisitor& visitor);

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_READER_H_
