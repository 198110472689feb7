// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values of the rows the store keeps for itself: loc, ref, gcq and
// the `meta` rows whose keys start with '~'. The latter describe segment
// files, are never journalled, and follow from the segments when rebuilt.

#ifndef FOVEA_STORE_INTERNAL_STORE_ROWS_H_
#define FOVEA_STORE_INTERNAL_STORE_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/crc32c.h"
#include "store/segment_format.h"

namespace fovea {

// loc: chunk id -> where its record is.
struct ChunkPlace {
  uint64_t segment = 0;
  uint64_t offset = 0;  // of the record
  uint64_t length = 0;  // of the payload
  Crc32c crc{};
  // The commit that left it without owners, which is also the epoch of its
  // gcq row; 0 while it is owned.
  uint64_t waiting_since = 0;
};
std::string PlaceKey(const ChunkId& id);
std::string EncodePlace(const ChunkPlace& place);
absl::StatusOr<ChunkPlace> DecodePlace(std::string_view value);
absl::StatusOr<ChunkId> ParsePlaceKey(std::string_view key);

// ref: chunk id, owner -> "".
std::string RefPrefix(const ChunkId& id);
std::string RefKey(const ChunkId& id, std::string_view owner);

// gcq: epoch, chunk id -> "".
std::string WaitingKey(uint64_t epoch, const ChunkId& id);
struct WaitingKeyParts {
  uint64_t epoch = 0;
  ChunkId chunk;
};
absl::StatusOr<WaitingKeyParts> ParseWaitingKey(std::string_view key);

// The chunk a gcq or ref key names.
absl::StatusOr<ChunkId> ChunkOfRefKey(std::string_view key);

// meta "~g" segment id: what of a segment file is committed.
struct SegmentState {
  uint64_t end = 0;            // durable bytes
  uint64_t last_journal = 0;   // offset of the newest journal record
  uint64_t journal_bytes = 0;  // records other than chunks
  bool retired = false;        // copied forward; the file is being removed
};
inline constexpr char kStoreKeyMark = '~';
inline constexpr std::string_view kSegmentPrefix = "~g";
inline constexpr std::string_view kSegmentPrefixEnd = "~h";
std::string SegmentKey(uint64_t id);
absl::StatusOr<uint64_t> ParseSegmentKey(std::string_view key);
std::string EncodeSegmentState(const SegmentState& state);
absl::StatusOr<SegmentState> DecodeSegmentState(std::string_view value);

// meta "~q": the last commit in the catalogue and the segment it lies in.
inline constexpr std::string_view kSequenceKey = "~q";
struct LastCommit {
  uint64_t sequence = 0;
  // 0: not said (by releases that had one segment open): the newest.
  uint64_t segment = 0;
};
std::string EncodeLastCommit(const LastCommit& commit);
absl::StatusOr<LastCommit> DecodeLastCommit(std::string_view value);

// meta "~f": the store's id, so that a catalogue never serves another store.
inline constexpr std::string_view kStoreIdKey = "~f";
std::string EncodeStoreId(const StoreId& id);

// meta "~u": there while deleted rows may still be in catalogue files.
inline constexpr std::string_view kPurgeOwedKey = "~u";
enum class PurgeDue : char {
  kWithNextPrune = 1,  // what went for its age
  kAtOnce = 2,         // what was to be erased, but was held or broke off
};

inline bool IsStoreKey(std::string_view meta_key) {
  return !meta_key.empty() && meta_key.front() == kStoreKeyMark;
}

}  // namespace fovea

#endif  // FOVEA_STORE_INTERNAL_STORE_ROWS_H_
