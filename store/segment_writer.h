// SPDX-License-Identifier: GPL-2.0-or-later
//
// Appends records to one segment file. Bytes are drawn in segment_format.h.

#ifndef FOVEA_STORE_SEGMENT_WRITER_H_
#define FOVEA_STORE_SEGMENT_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "store/crc32c.h"
#include "store/file_system.h"
#include "store/segment_format.h"

namespace fovea {

// Not thread-safe. After a failed append the file's tail is unknown: cut it
// back to a known end and resume with a new writer.
class SegmentWriter {
 public:
  struct Appended {
    uint64_t offset = 0;  // of the record
    Crc32c payload_crc{};
  };

  // Creates the file and writes its header.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Create(
      FileSystem* file_system, const std::string& path,
      const SegmentHeader& header);

  // Continues segment `id`, whose file holds exactly `end` bytes.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Resume(
      FileSystem* file_system, const std::string& path, uint64_t id,
      uint64_t end);

  absl::StatusOr<Appended> AppendChunk(const ChunkId& id,
                                       std::span<const uint8_t> payload);

  // A journal or snapshot of commit `sequence`.
  absl::StatusOr<Appended> AppendRows(RecordType type, uint64_t sequence,
                                      std::span<const uint8_t> payload);

  absl::Status Sync() { return file_->Sync(); }

  // Bytes in the file.
  uint64_t end() const { return end_; }

 private:
  SegmentWriter(std::unique_ptr<AppendFile> file, uint64_t id, uint64_t end)
      : file_(std::move(file)), id_(id), end_(end) {}

  absl::StatusOr<Appended> Append(RecordType type,
                                  std::span<const uint8_t> name,
                                  std::span<const uint8_t> payload);
  absl::Status Write(std::span<const uint8_t> bytes);

  std::unique_ptr<AppendFile> file_;
  uint64_t id_;
  uint64_t end_;
};

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_WRITER_H_
