// SPDX-License-Identifier: GPL-2.0-or-later
//
// The schemas, channels and messages of an MCAP file (https://mcap.dev/spec)
// in the file's order, from its chunks too; no index is needed. The twin of
// mcap_file.h.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_MCAP_RECORDS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_MCAP_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/internal/crc32.h"
#include "codec/formats/internal/file_damage.h"
#include "codec/formats/limits.h"

namespace fovea::codec_internal {

enum class McapOpcode : uint8_t {
  kHeader = 0x01,
  kFooter = 0x02,
  kSchema = 0x03,
  kChannel = 0x04,
  kMessage = 0x05,
  kChunk = 0x06,
  kAttachment = 0x09,
  kMetadata = 0x0C,
  kDataEnd = 0x0F,
};

struct McapRecord {
  McapOpcode opcode = McapOpcode::kHeader;  // schema, channel or message
  uint64_t offset = 0;                      // of it, or of its chunk
  std::span<const uint8_t> content;         // good until the next record
};

class McapRecords {
 public:
  // kInvalidArgument: no MCAP file.
  static absl::StatusOr<std::unique_ptr<McapRecords>> Open(
      std::unique_ptr<ByteWindow> bytes, const FormatLimits& limits);

  // nullopt at the end. Chunks that do not unpack or whose checksum differs
  // are passed over; a record that the file's end cuts ends it. Checksums of
  // the data and of the summary are looked at too.
  absl::StatusOr<std::optional<McapRecord>> Next();

  // Of what was read since the start.
  const FileDamage& damage() const { return damage_; }
  int64_t attachments() const { return attachments_; }  // and metadata
  const ByteWindow& file() const { return *bytes_; }

  void Rewind();

 private:
  McapRecords(std::unique_ptr<ByteWindow> bytes, const FormatLimits& limits)
      : bytes_(std::move(bytes)), limits_(limits) {}

  absl::Status Leave(uint64_t size);
  absl::StatusOr<std::optional<McapRecord>> NextInFile();
  std::optional<McapRecord> NextInChunk();
  absl::Status Enter(McapOpcode opcode, uint64_t size);
  void OpenChunk(std::span<const uint8_t> content);
  void EndData(std::span<const uint8_t> content);
  void EndFile(std::span<const uint8_t> content);
  void CutHere(const std::string& what);

  const std::unique_ptr<ByteWindow> bytes_;
  const FormatLimits limits_;
  uint64_t last_size_ = 0;  // of the record handed out, not yet left
  bool ended_ = false;
  bool in_summary_ = false;
  Crc32 crc_;  // of the data, then of the summary, up to here

  std::vector<uint8_t> chunk_;
  size_t chunk_at_ = 0;
  uint64_t chunk_offset_ = 0;  // in the file

  FileDamage damage_;
  int64_t attachments_ = 0;
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_MCAP_RECORDS_H_
