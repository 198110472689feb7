// SPDX-License-Identifier: GPL-2.0-or-later
//
// After an upgrade: a sample of the answers that a model's predecessor gave is
// held against what the model itself says of the same stored frames. Where few
// enough can differ the others are carried over, else none is.

#ifndef FOVEA_API_REVALIDATION_H_
#define FOVEA_API_REVALIDATION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/cache_report.h"
#include "api/run_task.h"
#include "api/store.h"
#include "codec/model_id.h"
#include "sensitivity/answer_loss.h"

namespace fovea {

struct RevalidationOptions {
  ModelDigest from{};                // whose answers there are
  Asked model;                       // that is to have them; it is there
  std::vector<std::string> streams;  // none: all of which it has answers
  // Of all answers of a stream at most this share may differ; of all streams
  // revalidated at once, each so, at this confidence together.
  double max_error = 0.05;
  double confidence = 0.95;
  AnswerLoss loss = AnswerLoss::kCounts;
  // Runs of the model per stream: 59 with none that differs do for 5 % at 95 %
  // of one stream, 93 with one, 124 with two; of a small stream fewer.
  int64_t samples = 150;
  // Of the choice. To try one seed after another until one passes claims
  // nothing.
  uint64_t seed = 1;
  bool dry_run = false;  // ask and tell, carry nothing over
  int64_t longest_answer_ns = INT64_MAX;
  std::function<int64_t()> monotonic_ns;  // null: the system's
};

// Answers about whole frames; regions and windows stay where they are.
struct RevalidatedStream {
  StreamId id = 0;
  std::string name;
  int64_t answers = 0;  // that can be read, of frames that are stored
  int64_t known = 0;    // not among them: the model has one of its own
  int64_t gone = 0;     // not among them: their frame is not stored
  int64_t damaged = 0;  // not among them: they cannot be read
  absl::Status damage;  // the first, kDataLoss, named
  int64_t sampled = 0;
  int64_t differ = 0;    // of those, with `unread`
  int64_t unread = 0;    // of those, frames that cannot be decoded
  absl::Status trouble;  // the first of them
  // Of `answers` no more differ, exact for draws without replacement
  // (MostAmong()), at RevalidationReport::each.
  int64_t most_differ = 0;
  double bound = 1;  // most_differ / answers
  bool passed = false;
  int64_t carried = 0;   // of the old ones
  int64_t replaced = 0;  // sampled: what the model said came instead
};

struct RevalidationReport {
  std::vector<RevalidatedStream> streams;  // by name
  // Confidence of each stream's bound, so that all hold together (the union
  // bound): 1 - (1 - confidence) / streams.
  double each = 0;
  // Answers of other stores, whose frames are not here: never carried over.
  int64_t imported = 0;

  // Something could not be read: exit code 3.
  bool lossy() const;
  int64_t passed() const;  // streams
};

// The digest of one of `models` by what it is called: its name, or the first 6
// or more hexadecimal digits of its digest. Not that of `other_than`, which may
// have the same name. kNotFound; kInvalidArgument: several, which it names.
absl::StatusOr<ModelDigest> FindCachedModel(
    const std::vector<CachedModel>& models, const std::string& called,
    const ModelDigest& other_than);

// Decodes the frames sampled and runs the model on them, nothing else. Copies
// are results of the model from then on, marked as carried over
// (store/result_rows.h) with the bound of their stream; old answers stay.
// What is given of them is audited against the model by the usual coin. A
// stream's come in one commit (of more than 32 MiB in several); after a kill
// the same call goes on with what is left. `progress` (may be null) gets runs
// done and to do. Errors: kInvalidArgument: options out of range, the same
// model twice, no camera; kNotFound: no such stream; kCancelled by `stop`, what
// was committed stays; of the model, which names the frame: nothing of that
// stream is carried over; those of the store.
absl::StatusOr<RevalidationReport> Revalidate(
    Store* store, const RevalidationOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_REVALIDATION_H_
