// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes observations of one store: put beside the bytes they are about, cut
// where their stream is. index/observation_reader.h finds them again.

#ifndef FOVEA_INDEX_OBSERVATIONS_H_
#define FOVEA_INDEX_OBSERVATIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "index/observation.h"
#include "index/observation_cut.h"
#include "store/chunk_store.h"

namespace fovea {

struct ObservationCuts {
  int64_t removed = 0;  // nothing of them is left
  int64_t trimmed = 0;
};

// Everything here adds to a batch what is to be committed: rows, and what
// tells readers of them. No call sees what the batch holds already, so what is
// removed and what is put of a stream go in commits of their own. Thread-safe,
// but at any time one thread alone may change what was seen in a stream by one
// label. Calls fail as index/observation_reader.h says, where rows are to be
// read.
class Observations {
 public:
  explicit Observations(ChunkStore* store) : store_(store) {}

  // Puts one into a row of its own: in the commit that brings the chunk it
  // was made on. One of the same stream, label, start and track is
  // overwritten, and should say no less than it did: that is how a track grows
  // that is still open when its chunk ends. kInvalidArgument as
  // CheckObservation(); the batch is not to be committed then.
  absl::Status Put(const Observation& observation, CommitBatch* batch) const;

  // Puts many, in any order, each at most once in a batch, into packs: a
  // quarter of the space, and fewer rows to read. To put anew what is there,
  // remove it first: where several rows hold the same one (by the four above),
  // readers get it from the row of greatest key, which need not be the last
  // one put. No other is ever lost: where a row stands under the key of a new
  // pack, what else it holds is put again with it, in its own model's pack.
  absl::Status PutAll(std::span<const Observation> observations,
                      CommitBatch* batch) const;

  // Takes all that was observed on `removed` out, in the commit that removes
  // what it was observed on; where there is a `model`, what it said alone.
  // Reads all rows of the stream. Null `batch`: counts only.
  absl::StatusOr<ObservationCuts> Cut(StreamId stream,
                                      std::span<const IndexSpan> removed,
                                      CommitBatch* batch,
                                      const ModelKey* model = nullptr) const;

  // The same where `removed` is all there was from the stream's beginning up
  // to a time: what ended before goes by the range, of which only keys are
  // read, and what began later is not looked at. False: there was more than
  // `most_rows` (not 0); to be called again once the batch is committed.
  absl::StatusOr<bool> CutBeginning(StreamId stream, const IndexSpan& removed,
                                    size_t most_rows, CommitBatch* batch) const;

  // The same for all of a stream, whatever state its rows are in.
  absl::StatusOr<ObservationCuts> RemoveAll(StreamId stream,
                                            CommitBatch* batch) const;

  // All answers of one model about a stream; empty `label`: of every label.
  // Returns how many.
  absl::StatusOr<int64_t> RemoveModel(StreamId stream, std::string_view label,
                                      const ModelKey& model,
                                      CommitBatch* batch) const;

 private:
  ChunkStore* store_;
};

}  // namespace fovea

#endif  // FOVEA_INDEX_OBSERVATIONS_H_
