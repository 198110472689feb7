// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where and when a label was seen, over all streams: rows of the family semx,
// one per row of observations, by label and start. They say in which minutes
// any of these observations holds, so that a question about all streams passes
// over most of them unread. store/FORMAT.md draws them.

#ifndef FOVEA_INDEX_PRESENCE_H_
#define FOVEA_INDEX_PRESENCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "store/derived_rows.h"
#include "store/store_reader.h"

namespace fovea {

inline constexpr int64_t kNsPerMinute = 60'000'000'000;

// Minutes [first, end) of stream time, counted from 1970 where that is UTC.
struct MinuteRun {
  int64_t first = 0;
  int64_t end = 0;
  friend bool operator==(const MinuteRun&, const MinuteRun&) = default;
};

// What one row of observations says.
struct Presence {
  StreamId stream = 0;
  int64_t start_ns = 0;            // of its first observation
  uint64_t track = 0;              // of the same
  size_t observations = 0;         // of the whole row
  std::vector<MinuteRun> minutes;  // apart, in order
  friend bool operator==(const Presence&, const Presence&) = default;
};

// Calls `visit` for each row with an observation that holds in [from_ns,
// to_ns), as far as minutes tell, by start and stream, until it returns false;
// a stream may come any number of times. Minutes outside the range are left
// out. Reads the
// label's rows that begin an hour before the range, or 25 where it has packs,
// and ends with it. kDataLoss, kFailedPrecondition (written by another
// release) name the row; kInvalidArgument: no label can be called so.
//
// A store that has not been written since it came from a format below 3 has
// none of these rows (index/presence_rebuild.h).
absl::Status VisitPresence(
    StoreReader* reader, std::string_view label, int64_t from_ns, int64_t to_ns,
    const std::function<bool(const Presence& presence)>& visit);

// --- for those who write observations -----------------------------------

struct PresenceRow {
  std::string key;
  std::string value;
  friend bool operator==(const PresenceRow&, const PresenceRow&) = default;
};

// What has to stand beside a sem row, mark or not, and changes with it. Fails
// as ObservationPack::Decode().
absl::StatusOr<PresenceRow> PresenceOf(std::string_view sem_key,
                                       std::string_view sem_value);
// The same from what is being written (EncodePack()), and of marks.
std::string PresenceValue(std::span<const Observation* const> pack,
                          uint64_t epoch);
std::string PresenceMarkValue();
// The keys that stand beside each other, of marks too.
std::string PresenceKeyOf(const ObservationKeyParts& sem);
std::string ObservationKeyOf(const ObservationKeyParts& presence);

// Of a row by its key's parts (not a mark's).
absl::StatusOr<Presence> DecodePresence(const ObservationKeyParts& parts,
                                        std::string_view value);

}  // namespace fovea

#endif  // FOVEA_INDEX_PRESENCE_H_
