// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many of a model's answers about a stream's frames may be wrong, of all
// that are there: a later run under a stricter target does not better what an
// earlier one held and reused. Who copies answers asks (api/copied_looks.h).

#ifndef FOVEA_API_ANSWER_PROMISE_H_
#define FOVEA_API_ANSWER_PROMISE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensitivity/answer_loss.h"
#include "store/commit_batch.h"
#include "store/derived_rows.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

struct AnswerPromise {
  double max_error = 0;  // share of those held or reused; 0: none was
  AnswerLoss loss = AnswerLoss::kCounts;
};

// Where none was given that of the audit counts, as older releases left it.
// kDataLoss: a row cannot be read; errors of the store.
absl::StatusOr<AnswerPromise> ReadPromise(StoreReader* store, StreamId stream,
                                          const ModelKey& model);

// In a commit before, or with, the first answers under `promise`: from then on
// the laxer of it and what there was holds; under two losses anything may be
// wrong. `anew`: no answer given before is left. Errors of ReadPromise().
absl::Status PutPromise(StoreReader* store, StreamId stream,
                        const ModelKey& model, const AnswerPromise& promise,
                        bool anew, CommitBatch* batch);

}  // namespace fovea

#endif  // FOVEA_API_ANSWER_PROMISE_H_
