// SPDX-License-Identifier: GPL-2.0-or-later
//
// What whoever has answers held and reused states: how many of them may be
// wrong, and what tells.

#ifndef FOVEA_API_REUSE_OPTIONS_H_
#define FOVEA_API_REUSE_OPTIONS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "codec/model_id.h"
#include "filter/auditor.h"
#include "filter/gate_kind.h"
#include "filter/result_store.h"
#include "filter/reuse_predictor.h"
#include "sensitivity/answer_loss.h"
#include "store/rows.h"

namespace fovea {

struct ReuseOptions {
  // The target: of the answers that are held or reused at most this share may
  // differ from what the model would have said. 0: the model is always run.
  double max_error = 0.05;
  double confidence = 0.95;  // that this is so
  // Under kBoxes, boxes that are held move along with the picture.
  AnswerLoss loss = AnswerLoss::kCounts;
  // Longest stretch without a run: how late what is new is seen at most.
  int64_t blind_ns = 2'000'000'000;
  bool use_cache = true;  // answers about other frames, streams and days
  bool offline = false;   // the model is not there: stored answers only
  uint64_t seed = 1;      // of the coin that chooses what is checked
  // What tells whether an answer still holds. Any but kGrid looks at pixels
  // and holds only: of cached inputs no pixels are there to compare with.
  GateKind gate = GateKind::kGrid;
  ReusePredictor predictor;  // of kGrid
};

// Of a coin of its own for every stream, model, kind of input and audit of
// them, from one for all. `audits_before`: that were begun before this one.
uint64_t CoinSeed(uint64_t seed, StreamId stream, const ModelDigest& model,
                  InputKind kind = InputKind::kFrame,
                  uint64_t audits_before = 0);

// What they ask of an auditor, with the coin for all.
AuditOptions AuditOf(const ReuseOptions& options);

// kInvalidArgument: shares that are none, a confidence or a blind time out of
// range.
absl::Status CheckReuseOptions(const ReuseOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_REUSE_OPTIONS_H_
