// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was done about each input of a stream, and why: kept in the store in
// packed rows, and read back.

#ifndef FOVEA_API_DECISION_BOOK_H_
#define FOVEA_API_DECISION_BOOK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "codec/model_id.h"
#include "filter/decision.h"
#include "filter/result_store.h"
#include "store/commit_batch.h"
#include "store/decision_rows.h"
#include "store/store_reader.h"

namespace fovea {

struct DecidedInput {
  ModelDigest model{};
  InputKind kind = InputKind::kFrame;
  uint64_t index = 0;   // of the frame or the window's first sample
  uint32_t region = 0;  // which of the frame; 0 for whole inputs
  Decision decision;
  friend bool operator==(const DecidedInput&, const DecidedInput&) = default;
};

// Collects decisions about one stream. One book at a time may put those of a
// model and kind. Not thread-safe.
class DecisionBook {
 public:
  // `store` sees every commit, and must outlive this.
  DecisionBook(StoreReader* store, StreamId stream)
      : store_(store), stream_(stream) {}

  // By rising index and region of a model and kind: kInvalidArgument where it
  // does not rise.
  absl::Status Add(const DecidedInput& input);

  // Puts what was added since the last call, in the commit that brings what it
  // is about: into the last row while that has room, which is written anew
  // then. A decision about an input takes the place of one that is stored
  // already. Batches are committed in the order in which they were given, but
  // need not be committed by the next call. kDataLoss where a stored row that
  // has to be added to cannot be read; what is before it is in the batch then,
  // which is not to be committed.
  absl::Status Put(CommitBatch* batch);

 private:
  using Place = std::pair<uint64_t, uint32_t>;  // index, region
  using Rows = std::map<Place, DecisionRow>;    // by their first
  struct Group {
    std::vector<DecisionEntry> added;
    // Rows of this book that later decisions may still fall into; the store
    // may not show them yet.
    Rows open;
    std::optional<Place> last;  // put so far
  };
  using Input = std::pair<ModelDigest, uint8_t>;

  absl::Status PutGroup(const Input& input, Group* group, CommitBatch* batch);
  absl::StatusOr<Rows> ReadRows(const Input& input, const Group& group);
  static Rows Merged(const Rows& rows, const std::vector<DecisionEntry>& added);
  DecisionKeyParts KeyAt(const Input& input, const Place& place) const;

  StoreReader* const store_;
  const StreamId stream_;
  std::map<Input, Group> groups_;
};

struct DecisionQuery {
  uint64_t stream = 0;
  std::optional<ModelDigest> model = {};  // none: of all
  uint64_t first_index = 0;
  uint64_t end_index = UINT64_MAX;
};

// Visits decisions by model, kind of input, index and region, until `visit`
// returns false. kDataLoss names a row that cannot be read,
// kFailedPrecondition one that a newer release wrote.
absl::Status ReadDecisions(
    StoreReader* store, const DecisionQuery& query,
    const std::function<bool(const DecidedInput&)>& visit);

}  // namespace fovea

#endif  // FOVEA_API_DECISION_BOOK_H_
