// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys and values of what was derived from recordings: `prior`, what a
// model finds sensitive in a camera's pictures, `sem`, what was observed in a
// stream, and `semx`, when that was, over all streams; of `res` and `dec`
// (store/result_rows.h, store/decision_rows.h) what they share with these. The
// store knows keys and epochs; what a body says is the business of who wrote it
// (codec/camera_prior.h, index/observation_pack.h, index/presence.h), and so
// are its version and its numbers.

#ifndef FOVEA_STORE_DERIVED_ROWS_H_
#define FOVEA_STORE_DERIVED_ROWS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "store/family.h"
#include "store/rows.h"

namespace fovea {

// Value of all these families.
struct DerivedRow {
  // Of the body; families other than kRes have the first alone.
  static constexpr uint8_t kFirstVersion = 1;

  // A value that grew out of the one before it keeps its epoch; one that
  // took something back has a new one (StoreReader::EpochFor()). Prune() erases
  // the old values of other epochs, and leaves those of the same one until
  // their segments go for another reason: they say nothing that the present
  // one does not.
  uint64_t epoch = 0;
  std::string body;
  uint8_t version = kFirstVersion;
  friend bool operator==(const DerivedRow&, const DerivedRow&) = default;
};

// Of any of kPrior, kSem, kSemx, kRes and kDec; requires one of them, and to
// encode a body within kRowLimits of a version that the family has.
std::string EncodeDerivedRow(Family family, const DerivedRow& row);
absl::StatusOr<DerivedRow> DecodeDerivedRow(Family family,
                                            std::string_view value);

// --- prior --------------------------------------------------------------

// SHA-256 that names a model.
using ModelKey = std::array<uint8_t, 32>;

std::string PriorKey(StreamId camera, const ModelKey& model);
struct PriorKeyParts {
  StreamId camera = 0;
  ModelKey model = {};
};
absl::StatusOr<PriorKeyParts> ParsePriorKey(std::string_view key);
// Requires a body within kRowLimits.
std::string EncodePriorRow(const DerivedRow& row);
absl::StatusOr<DerivedRow> DecodePriorRow(std::string_view value);

// --- sem ----------------------------------------------------------------

// A label is 1 to kRowLimits.max_label_bytes bytes without NUL.
bool IsLabel(std::string_view label);

// stream, label, start, track. Requires a label.
std::string ObservationKey(StreamId stream, std::string_view label,
                           int64_t start_ns, uint64_t track);
struct ObservationKeyParts {
  StreamId stream = 0;
  std::string label;
  int64_t start_ns = 0;
  uint64_t track = 0;
};
absl::StatusOr<ObservationKeyParts> ParseObservationKey(std::string_view key);
// What the keys of one label of a stream begin with, up to a start time.
std::string ObservationPrefix(StreamId stream, std::string_view label);
std::string ObservationPrefix(StreamId stream, std::string_view label,
                              int64_t start_ns);
// Behind all keys of that label and before those of the next one.
std::string ObservationPrefixEnd(StreamId stream, std::string_view label);
// Requires a body within kRowLimits.
std::string EncodeObservationRow(const DerivedRow& row);
absl::StatusOr<DerivedRow> DecodeObservationRow(std::string_view value);

// --- semx ---------------------------------------------------------------

// label, start, stream, track: of the sem row that it is about.
std::string PresenceKey(std::string_view label, int64_t start_ns,
                        StreamId stream, uint64_t track);
absl::StatusOr<ObservationKeyParts> ParsePresenceKey(std::string_view key);
// As above, of all streams.
std::string PresencePrefix(std::string_view label, int64_t start_ns);
std::string PresencePrefixEnd(std::string_view label);
std::string EncodePresenceRow(const DerivedRow& row);
absl::StatusOr<DerivedRow> DecodePresenceRow(std::string_view value);

}  // namespace fovea

#endif  // FOVEA_STORE_DERIVED_ROWS_H_
