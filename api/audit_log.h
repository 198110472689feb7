// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holding and reusing answers has cost a stream, from the decisions that
// are stored with it: how many were saved, how many wrong at most.

#ifndef FOVEA_API_AUDIT_LOG_H_
#define FOVEA_API_AUDIT_LOG_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/model_id.h"
#include "filter/audit_report.h"
#include "filter/result_store.h"
#include "store/rows.h"
#include "store/store_reader.h"

namespace fovea {

struct AuditQuery {
  StreamId stream = 0;
  std::optional<ModelDigest> model;  // none: each by itself
  uint64_t first_index = 0;
  uint64_t end_index = UINT64_MAX;
  double confidence = 0.95;
};

// Answers given without the model, and those that a coin had checked.
struct LoggedTally {
  int64_t given = 0;
  int64_t checks = 0;
  int64_t caught = 0;      // checks that found the answer wrong, or failed
  int64_t most_wrong = 0;  // of those given, at the confidence asked for
};

struct AuditedModel {
  ModelId model;  // its name as far as the stream knows it
  InputKind kind = InputKind::kFrame;
  uint64_t first_index = 0, last_index = 0;
  int64_t inputs = 0;
  int64_t runs = 0;          // checks among them
  int64_t failed = 0;        // runs that gave no answer
  int64_t gaps = 0;          // neither run nor answered
  int64_t warm_up_runs = 0;  // before answers were as good as certified
  // A check that failed counts with hold and with reuse: which of them it was
  // of is not kept.
  LoggedTally all, hold, reuse;
  // Given offline, when no coin checks: not part of any bound.
  int64_t unchecked = 0;
  // Inputs by what was done and why (DecisionKind, DecisionCause).
  std::array<std::array<int64_t, kAuditedCauses>, kAuditedKinds> counts = {};
};

// By model and kind of input. The bounds hold at every moment at once for all
// decisions in the range, whatever the footage (MostMissed()); each one alone,
// and of a range that was not chosen by what checks showed. Errors of
// ReadDecisions(); kInvalidArgument: a confidence outside (0, 1).
absl::StatusOr<std::vector<AuditedModel>> ReadAudit(StoreReader* store,
                                                    const AuditQuery& query);

}  // namespace fovea

#endif  // FOVEA_API_AUDIT_LOG_H_
