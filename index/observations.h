// SPDX-License-Identifier: GPL-2.0-or-later
//
// Observations of one store: put beside the bytes they are about, listed by
// label and time, cut where their stream is.

#ifndef FOVEA_INDEX_OBSERVATIONS_H_
#define FOVEA_INDEX_OBSERVATIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "index/observation_cut.h"
#include "store/store.h"

namespace fovea {

struct ObservationSelection {
  StreamId stream = 0;
  std::string label = {};  // empty: every label
  // Those that touch [from_ns, to_ns).
  int64_t from_ns = INT64_MIN;
  int64_t to_ns = INT64_MAX;
};

// A portion of a list, by label, start and track.
struct ObservationPage {
  std::vector<Observation> observations;
  std::string next;  // where the list goes on; empty at its end
};

struct LabelCount {
  std::string label;
  int64_t observations = 0;
  friend bool operator==(const LabelCount&, const LabelCount&) = default;
};

struct ObservationCuts {
  int64_t removed = 0;  // nothing of them is left
  int64_t trimmed = 0;
};

// Reads one store. Thread-safe.
class Observations {
 public:
  explicit Observations(Store* store) : store_(store) {}

  // Adds `observation` to a commit: the one that brings the chunk it was
  // made on. One of the same stream, label, start and track is overwritten,
  // and should say no less than it did: that is how a track grows that is
  // still open when its chunk ends. kInvalidArgument as CheckObservation().
  absl::Status Put(const Observation& observation, CommitBatch* batch) const;

  // At most `limit` (not 0) observations; `next` of the page before goes in
  // as `cursor`. What was committed or removed meanwhile may be missing or
  // there. Each label costs one look-up, and rows of an hour before the
  // range. kInvalidArgument: a cursor of another list.
  absl::StatusOr<ObservationPage> List(const ObservationSelection& selection,
                                       size_t limit,
                                       std::string_view cursor = "") const;

  // By label. Reads every key of the stream.
  absl::StatusOr<std::vector<LabelCount>> Labels(StreamId stream) const;

  // Takes all that was observed on `removed` out, in the commit that removes
  // what it was observed on. Null `batch`: counts only.
  absl::StatusOr<ObservationCuts> Cut(StreamId stream,
                                      std::span<const IndexSpan> removed,
                                      CommitBatch* batch) const;

  // The same for all of a stream; reads keys only.
  absl::StatusOr<ObservationCuts> RemoveAll(StreamId stream,
                                            CommitBatch* batch) const;

 private:
  Store* store_;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATIONS_H_
