// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model over several stored cameras that share one decoder, which cannot
// decode everything: a gate tells from sizes and picture types which packets
// are worth it (filter/packet_gate.h), the others are passed over, and what
// the model said last is held. How many of the answers held are wrong is not
// known: nothing checks them. RunModels() with RunOptions::reuse bounds that,
// and decodes everything.

#ifndef FOVEA_API_PACKET_RUN_H_
#define FOVEA_API_PACKET_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "api/run_model.h"
#include "api/store.h"
#include "codec/model_id.h"
#include "sensitivity/answer_loss.h"
#include "sensitivity/model.h"

namespace fovea {

// How many pictures may be decoded: either of the two, above 0.
struct DecodeBudget {
  // In a round, which is a packet of each camera, and as long as a frame of
  // the fastest one: after n rounds never more than n times this, and never
  // more in a round than this rounded up. What is not used is lost.
  double pictures = 0;
  // Of all packets, up to 1: never more than this share of those that came so
  // far.
  double share = 0;
};

struct PacketRunOptions {
  // Either of them; it outlives the run. Its answers are boxes or classes.
  Model* model = nullptr;
  ExternalModel* external_model = nullptr;
  DecodeBudget budget;
  // When an answer counts as another than the one held: what the gate learns.
  AnswerLoss loss = AnswerLoss::kCounts;
  // No camera's answer is to grow older. Kept where that can be (see
  // PacketGateOptions::max_blind_ns), else told.
  int64_t max_blind_ns = 4'000'000'000;
  uint64_t seed = 1;  // breaks ties
  // GOPs of which a frame is shown in any of these, whole. Empty: all.
  std::vector<TimeRange> ranges;
  // What the model said before is replaced; else GOPs that it has looked at
  // whole, however seldom, stay as they are.
  bool again = false;
  int64_t longest_answer_ns = INT64_MAX;  // as in RunOptions
  int64_t commit_age_ns = 2'000'000'000;
  int commit_gops = 256;

  std::function<int64_t()> monotonic_ns;  // null: the system's
};

// Of one camera. packets = looked + held + unanswered, unless the run ended
// early.
struct PacketCameraReport {
  std::string stream;
  int64_t known = 0;       // frames looked at before, left as they are
  int64_t packets = 0;     // decided about
  int64_t decoded = 0;     // pictures
  int64_t looked = 0;      // at
  int64_t changed = 0;     // answers other than those held before them
  int64_t held = 0;        // answered by the last look before
  int64_t unanswered = 0;  // no look before, or the GOP cannot be read
  // The greatest age of the answer held when a packet had been decided about,
  // by the times at which packets came; and when that was.
  int64_t oldest_ns = 0;
  int64_t oldest_at_ns = 0;
  int64_t overdue = 0;  // packets with which that was above max_blind_ns
  // Looks are its inferences: those above, and those at pictures of GOPs that
  // were found damaged afterwards.
  ModelRun run;
  std::vector<RunReport::Unread> unread;  // the first kMostUnread
  int64_t gops_unread = 0;
};

struct PacketRunReport {
  std::vector<PacketCameraReport> cameras;  // as asked for
  int64_t rounds = 0;
  int64_t most_decoded = 0;  // in a round
  bool stopped = false;      // by the caller; the next run goes on from there

  // Sums and greatest values; `run` without tracks and labels.
  PacketCameraReport Total() const;
  // A model failed, or not all could be read: exit code 3.
  bool lossy() const;
};

// Runs a model over camera streams, stills too. Of each packet what was done
// about it is stored (api/decision_book.h), with what the model saw: an answer
// holds until the next look. How often it looked is noted, so that RunModels()
// asks it again wherever that is not often enough. The GOPs under way when a
// run ends early are begun anew by the next. A model that fails is not asked
// again, about no camera. `progress` (may be null) gets packets done and to
// do. Errors: kInvalidArgument: no stream or one named twice, not
// one model, a budget that means nothing; kUnimplemented: a model
// whose answers are neither boxes nor classes; those of RunModels().
absl::StatusOr<PacketRunReport> RunWithinBudget(
    Store* store, const std::vector<std::string>& streams,
    const PacketRunOptions& options,
    const std::function<void(int64_t, int64_t)>& progress,
    const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_PACKET_RUN_H_
