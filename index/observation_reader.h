// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations of a store, a snapshot of one, or one behind a socket: by
// stream, label and time, whether their rows hold one or many.
//
// In memory are the packs whose spans overlap at one time, never a stream.
// All calls fail with kDataLoss, naming the row, where one is damaged, and
// with kFailedPrecondition where another release wrote it.

#ifndef FOVEA_INDEX_OBSERVATION_READER_H_
#define FOVEA_INDEX_OBSERVATION_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "index/observation_pack.h"
#include "store/store_reader.h"

namespace fovea {

struct ObservationSelection {
  StreamId stream = 0;
  std::string label = {};  // empty: every label
  // Those that hold at some time of [from_ns, to_ns).
  int64_t from_ns = INT64_MIN;
  int64_t to_ns = INT64_MAX;
};

// Calls `visit` for those selected, by label, start and track, over one
// consistent snapshot, until it returns false. A label costs one look-up, and
// rows that begin an hour before the range, or 25 where it has packs.
// kInvalidArgument: no label can be called so.
using ObservationVisitor = std::function<bool(const Observation&)>;
absl::Status VisitObservations(StoreReader* reader,
                               const ObservationSelection& selection,
                               const ObservationVisitor& visit);

// The same for those who may do without boxes and attributes: number `i` of
// `pack`, from which the rest can be had until the visitor returns.
using PackedVisitor =
    std::function<bool(const ObservationPack& pack, size_t i)>;
absl::Status VisitPacked(StoreReader* reader,
                         const ObservationSelection& selection,
                         const PackedVisitor& visit);

absl::StatusOr<int64_t> CountObservations(
    StoreReader* reader, const ObservationSelection& selection);

// A portion of a list, by label, start and track.
struct ObservationPage {
  std::vector<Observation> observations;
  std::string next;  // where the list goes on; empty at its end
};

// At most `limit` (not 0) observations; `next` of the page before goes in as
// `cursor`. What was committed or removed meanwhile may be missing or there.
// kInvalidArgument: a cursor of another list.
absl::StatusOr<ObservationPage> ListObservations(
    StoreReader* reader, const ObservationSelection& selection, size_t limit,
    std::string_view cursor = "");

struct LabelCount {
  std::string label;
  int64_t observations = 0;
  friend bool operator==(const LabelCount&, const LabelCount&) = default;
};

// By label, of one stream or of all. Reads the first bytes of every row of
// them. Counts what rows hold, also what another row stands before
// (Observations::PutAll()).
absl::StatusOr<std::vector<LabelCount>> ListLabels(StoreReader* reader,
                                                   StreamId stream);
absl::StatusOr<std::vector<LabelCount>> ListLabels(StoreReader* reader);

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATION_READER_H_
