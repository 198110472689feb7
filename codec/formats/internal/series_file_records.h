// SPDX-License-Identifier: GPL-2.0-or-later
//
// The records of a series file, as codec/FORMAT.md draws them.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_SERIES_FILE_RECORDS_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_SERIES_FILE_RECORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/byte_stream.h"
#include "codec/formats/internal/byte_window.h"
#include "codec/formats/source.h"

namespace fovea::codec_internal {

// The first bytes: a name, what text transfers would change, the version.
inline constexpr std::array<uint8_t, 8> kSeriesFileHead = {
    'F', 'S', 'E', 'R', '\r', '\n', 0x1a, 1};
inline constexpr std::array<uint8_t, 8> kSeriesFileTail = {'F', 'S', 'E', 'R',
                                                           'e', 'n', 'd', '\n'};
inline constexpr size_t kSeriesFileTailBytes = 16;  // u64 offset, then those
inline constexpr size_t kRecordHeadBytes = 5;       // u8 kind, u32 size
inline constexpr size_t kRecordSealBytes = 4;       // CRC-32 behind it

enum class SeriesRecord : uint8_t {
  kTrack = 1,
  kProfile = 2,  // of the track before
  kBlock = 3,
  kGap = 4,
  kRejected = 5,
  kIndex = 6,
  kPlan = 7,  // of the track before
};

// What there is to know of a record before it is read.
struct SeriesFileEntry {
  SeriesRecord kind = SeriesRecord::kBlock;
  uint64_t offset = 0;
  size_t track = 0;
  // Samples, of which a gap has none, and their least and greatest time, of
  // which a rejection has none.
  uint64_t rows = 0;
  int64_t least_ns = 0, most_ns = 0;
};

struct SeriesFileTrack {
  Track track;            // kind, suffix, codec and series
  std::string coding;     // of its blocks, for people
  uint32_t metadata = 0;  // the id of what its blocks name; set by TakeTrack()
};

// A whole record around `payload`.
void PutRecord(SeriesRecord kind, std::span<const uint8_t> payload,
               std::vector<uint8_t>* out);

// kInvalidArgument: what is no imu or series, or cannot be kept.
absl::StatusOr<std::vector<uint8_t>> TrackPayload(const SeriesFileTrack& track);
std::optional<SeriesFileTrack> TakeTrack(std::span<const uint8_t> payload);

// Of a block, gap or rejection: what goes before the rest of its payload.
// Kind and offset are not told; `entry` has them.
void PutEntryHead(const SeriesFileEntry& entry, std::vector<uint8_t>* out);
bool TakeEntryHead(ByteReader* in, SeriesFileEntry* entry);

void PutIndex(std::span<const SeriesFileEntry> entries,
              std::vector<uint8_t>* out);
// None: not an index of so many tracks, with records between the offsets.
std::optional<std::vector<SeriesFileEntry>> TakeIndex(
    std::span<const uint8_t> payload, size_t tracks, uint64_t from,
    uint64_t to);

struct SeriesFileRecord {
  SeriesRecord kind = SeriesRecord::kBlock;
  std::span<const uint8_t> payload;  // good until the file's next call
};

// The record at `offset`, whole; kDataLoss: there is none, or its checksum
// does not fit.
absl::StatusOr<SeriesFileRecord> ReadRecord(uint64_t offset,
                                            const FormatLimits& limits,
                                            ByteWindow* file);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_SERIES_FILE_RECORDS_H_
