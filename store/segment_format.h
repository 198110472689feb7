// SPDX-License-Identifier: GPL-2.0-or-later
//
// Constants of the segment file, shared by writer and reader. Integers are
// little-endian. store/FORMAT.md draws the same bytes.
//
//   segment := file header, record*
//
//   file header          record
//    8 "FOVEASEG"         4 "FREC"
//    4 format version     1 type
//    2 retention class    3 zero
//    2 zero               8 segment id
//    8 segment id         8 offset of this record in the file
//    8 hour               8 payload length
//   16 store id          32 chunk id, or sequence (8) and zeros
//    4 crc32c             4 crc32c of the 64 bytes above
//                         n payload
//                         4 crc32c of the payload

#ifndef FOVEA_STORE_SEGMENT_FORMAT_H_
#define FOVEA_STORE_SEGMENT_FORMAT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/chunk_id.h"
#include "store/retention_class.h"

namespace fovea {

inline constexpr uint32_t kSegmentFormat = 1;
inline constexpr std::string_view kSegmentMagic = "FOVEASEG";
inline constexpr std::string_view kRecordMagic = "FREC";

inline constexpr size_t kCrcBytes = sizeof(uint32_t);
inline constexpr size_t kStoreIdBytes = 16;
inline constexpr size_t kNameBytes = 32;  // chunk id or sequence and zeros

inline constexpr size_t kSegmentHeaderBytes =
    kSegmentMagic.size() + sizeof(uint32_t) /* version */ +
    sizeof(uint16_t) /* class */ + sizeof(uint16_t) /* zero */ +
    sizeof(uint64_t) /* id */ + sizeof(int64_t) /* hour */ + kStoreIdBytes +
    kCrcBytes;

inline constexpr size_t kRecordHeaderBytes =
    kRecordMagic.size() + sizeof(uint8_t) /* type */ + 3 /* zero */ +
    sizeof(uint64_t) /* segment */ + sizeof(uint64_t) /* offset */ +
    sizeof(uint64_t) /* length */ + kNameBytes + kCrcBytes;

// What a record takes beside its payload.
inline constexpr size_t kRecordOverhead = kRecordHeaderBytes + kCrcBytes;

using StoreId = std::array<uint8_t, kStoreIdBytes>;

// Values are stored; never renumber.
enum class RecordType : uint8_t {
  kChunk = 1,     // a chunk's payload
  kJournal = 2,   // all row changes of one commit
  kSnapshot = 3,  // every `meta` row as of a commit
};

// Who a segment is. Hours count from 1970 and may be negative.
struct SegmentHeader {
  uint64_t id = 0;
  RetentionClass retention_class = 0;
  int64_t hour = 0;
  StoreId store_id = {};
};

struct RecordHeader {
  RecordType type = RecordType::kChunk;
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint64_t length = 0;    // of the payload
  ChunkId chunk;          // of a chunk record
  uint64_t sequence = 0;  // of a journal or snapshot record

  // Where the next record starts.
  uint64_t end() const { return offset + kRecordOverhead + length; }
};

// "00000003-00-495822.fseg": id, class and hour; the store id is inside.
std::string SegmentName(const SegmentHeader& header);

// None when `name` is no segment's.
std::optional<SegmentHeader> ParseSegmentName(std::string_view name);

// "segment 00000003", for messages.
std::string SegmentLabel(uint64_t id);

}  // namespace fovea

#endif  // FOVEA_STORE_SEGMENT_FORMAT_H_
