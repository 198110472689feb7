// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decides which answers may be given without the model, and bounds how many
// of them were wrong. The user states a share of errors, not a threshold.

#ifndef FOVEA_FILTER_AUDITOR_H_
#define FOVEA_FILTER_AUDITOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "filter/audit_report.h"
#include "filter/audit_state.h"
#include "filter/decision.h"

namespace fovea {

struct AuditOptions {
  // The target: of the answers given at most this share is to be wrong. 0:
  // none is ever given. 1: all are, and still checked.
  double max_error = 0.05;
  double confidence = 0.95;  // with which bounds hold, between 0 and 1
  // Of the coin. It begins with first_check and is halved, down to
  // least_check, whenever the stated bound is within 0.6 slack of the
  // estimate: a rarer check saves runs and widens the bound.
  double first_check = 0.10;
  double least_check = 0.01;
  double slack = 0;  // 0: half of max_error
  // Of the coin, and another one for every stream, model and kind of input:
  // whoever makes the stream must not know it. Recorded with the decisions.
  uint64_t seed = 0;
  // Whether the outcome of a check can change later answers or risks (the
  // usual case: a corrected answer is held on). False allows exact windows.
  bool checks_change_answers = true;
  int64_t patience = 500;         // checks between false alarms of ErrorSurge
  int64_t bypass_inputs = 500;    // of the first bypass; doubles each time
  int64_t calm_decisions = 5000;  // without alarm until they count no more
};

// An answer that could be given.
struct Proposal {
  DecisionKind kind = DecisionKind::kHold;  // or kReuse, kDrop
  DecisionCause cause = DecisionCause::kGate;
  double risk = 0;  // smaller is surer; not finite: the model is run
};

// What is to be done about an input. Pass it back to Learn() unchanged.
struct Verdict {
  bool give = false;   // else the model is to be run
  bool check = false;  // it runs because the coin says so
  // After the model ran, Learn() wants to know whether the proposal was wrong.
  bool learn = false;
  // Whether a gate that measures risks from its last run is to move its
  // reference here. Not where, while learning, the answer would be given under
  // the threshold tested next: so risks, and answers held though wrong, are
  // already as they will be. A check that finds an error moves it as well.
  bool move_reference = true;
  DecisionKind kind = DecisionKind::kRun;  // proposed
  DecisionCause cause = DecisionCause::kFirst;
  double risk = 0;
  double check_probability = 0;  // of the coin; 0 where none was thrown
  uint32_t version = 0;
  uint8_t rung = 0;
  uint64_t sequence = 0;
};

// The coin in [0, 1), heads below q: two rounds of a 64-bit mix (Stafford's
// variant 13, as in SplitMix64) over seed and sequence number, nothing else,
// so that whoever has the decision records can throw it again.
double AuditCoin(uint64_t seed, uint64_t sequence);

// One auditor for one stream, model and kind of input; never pooled.
//
// Life: while learning everything is run, and each run tells whether the
// proposal would have been right (ThresholdLadder). Levels passed are put in
// force, the loosest first; from then on risks up to the threshold are given,
// but for those that the coin has checked. Every change of threshold or coin
// is a new version with a fresh ErrorMonitor; the i-th spends alpha * 6 /
// (pi^2 i^2) of alpha = 1 - confidence, so all claims of all monitors
// together are wrong with probability alpha at most. "Below" lets the coin
// become rarer and the next passed level come into force; "above", or an
// ErrorSurge, raises an alarm: first the next stricter level, upon another one
// soon after also a flush, then a bypass.
//
// What is claimed, and when it holds:
//  - AuditReport::all.bound, about all answers given so far. Holds at every
//    moment of one run at once, with probability `confidence`, whatever the
//    frames are: dependent, drifting, chosen by someone who sees all checks
//    so far; and although thresholds and coins were changed because of them
//    (MostMissed()). It rests on our coins alone. "Wrong" is against the
//    model that was in force, not against the truth. It tells of the past:
//    nothing about the next answer.
//  - AuditReport::window, since the last change; exact (MostErrors()) where
//    checks change no answer, for one report whose moment is not chosen by
//    looking. Tighter; else it is like the above.
//  - Passing a level claims nothing: see ThresholdLadder.
//
// Costs below 1 us per decision, checks included. Not thread-safe.
class Auditor {
 public:
  // kInvalidArgument: max_error outside [0, 1], confidence outside (0, 1),
  // least_check or first_check outside (0, 1] or in the wrong order, NaN.
  static absl::StatusOr<Auditor> Create(const AuditOptions& options);

  // What to do about input `sequence`, for which `proposal` is what could be
  // answered. Sequence numbers rise: one that does not is run, uncounted by
  // any bound (its coin has been seen). 0 is the first that may be.
  Verdict Decide(uint64_t sequence, const Proposal& proposal);

  // An input without a proposal: nothing to hold or reuse, blind time over.
  // The model is run.
  void Run(uint64_t sequence, DecisionCause cause);

  // Whether the proposal of a verdict with `learn` was wrong, or the model
  // failed on it, which counts as wrong. In any order, once each. What has
  // to be done, if anything.
  std::optional<AuditAlarm> Learn(const Verdict& verdict, bool wrong);

  // The scene or the model has changed: levels are to be passed anew, coins
  // are as often as at first. Bounds on what was given stay.
  void Restart();

  AuditReport Report() const;
  // Threshold in force, or none: nothing is given.
  std::optional<double> threshold() const;
  const AuditOptions& options() const { return options_; }

  // Everything but the options, as bytes, and back: the same decisions follow.
  // A check that is pending when it is saved stays so for good, taken as
  // wrong. kDataLoss: damaged; kFailedPrecondition: of another release, or of
  // another target, confidence, seed or coin than `options`.
  std::vector<uint8_t> Save() const;
  static absl::StatusOr<Auditor> Load(const AuditOptions& options,
                                      std::span<const uint8_t> bytes);

 private:
  explicit Auditor(const AuditOptions& options);

  double RungProbability(size_t rung) const;
  bool IsLastRung() const;
  bool Tests() const;
  double VersionAlpha() const;
  double LadderAlpha() const;
  double LongestLearning() const;
  double TriedThreshold() const;

  bool Count(uint64_t sequence, DecisionKind kind, DecisionCause cause);
  void Learning(Verdict* verdict);
  void Giving(Verdict* verdict);

  void PutInForce(size_t level, size_t rung);
  void LearnLevel(const Verdict& verdict, bool wrong);
  std::optional<AuditAlarm> LearnCheck(const Verdict& verdict, bool wrong);
  std::string AlarmReason() const;
  bool MissesTarget();
  void Relax();
  AuditAction Escalate();
  AuditAlarm Raise(AuditAction action, uint64_t sequence, std::string reason);
  void StartLearning();

  internal::RungTallies AllKinds() const;
  // All but Clopper and Pearson's figure.
  AuditTally Summary(const internal::RungTallies& tallies) const;
  AuditTally Window() const;
  bool IsConsistent() const;

  AuditOptions options_;
  internal::AuditState state_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_AUDITOR_H_
