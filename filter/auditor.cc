// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/auditor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fovea {
namespace {

using internal::RungTally;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Before there is a grid the reference moves so seldom, so that the grid
// knows the risks of old references too.
constexpr int64_t kFirstHold = 16;  // inputs
// A ladder of which nothing passes is begun anew after so many times the
// inputs that would do without an error: the scene was another.
constexpr double kLongestLearning = 6;
constexpr double kStrictestShare = 0.2;  // of inputs, that level's samples
constexpr int64_t kFirstReview = 100;    // checks of a version
constexpr int64_t kReviewStep = 50;
constexpr int64_t kRelaxStep = 5;           // checks: bounds take their time
constexpr double kRarerFrom = 0.6;          // of the slack, the coin is halved
constexpr int64_t kFirstLoosenWait = 1000;  // inputs after a tightening
constexpr int64_t kMostDoublings = 10;
constexpr int64_t kMostBypass = 1'000'000'000;  // inputs, before doubling

bool IsGivenKind(DecisionKind kind) {
  return kind == DecisionKind::kHold || kind == DecisionKind::kReuse ||
         kind == DecisionKind::kDrop;
}

bool IsShare(double value) { return value > 0 && value <= 1; }

absl::Status Check(const AuditOptions& options) {
  const auto fault = [](const char* what, const char* expected, double found) {
    return absl::InvalidArgumentError(absl::StrCat(
        "audit: ", what, ": expected ", expected, ", found ", found));
  };
  if (!(options.max_error >= 0 && options.max_error <= 1)) {
    return fault("max error", "a share of 0 to 1", options.max_error);
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return fault("confidence", "more than 0 and less than 1",
                 options.confidence);
  }
  if (!IsShare(options.first_check)) {
    return fault("first check", "more than 0, at most 1", options.first_check);
  }
  if (!IsShare(options.least_check) ||
      options.least_check > options.first_check) {
    return fault("least check", "more than 0, at most the first",
                 options.least_check);
  }
  if (!(options.slack >= 0 && options.slack <= 1)) {
    return fault("slack", "a share of 0 to 1", options.slack);
  }
  if (options.patience < 2 || options.calm_decisions < 1 ||
      options.bypass_inputs < 1 || options.bypass_inputs > kMostBypass) {
    return absl::InvalidArgumentError(absl::StrCat(
        "audit: expected a patience from 2 on, calm decisions from 1 on and "
        "bypassed inputs of 1 to ",
        kMostBypass));
  }
  return absl::OkStatus();
}

// Of what a state means nothing without.
uint64_t AuditMark(const AuditOptions& options) {
  uint64_t mark = options.seed;
  for (const double number : {options.max_error, options.confidence,
                              options.first_check, options.least_check}) {
    mark = internal::Mix64(mark + std::bit_cast<uint64_t>(number));
  }
  return mark;
}

// Of targets that test nothing: any limit between.
double TestedLimit(const AuditOptions& options) {
  return options.max_error > 0 && options.max_error < 1 ? options.max_error
                                                        : 0.5;
}

}  // namespace

double AuditCoin(uint64_t seed, uint64_t sequence) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  const uint64_t inner = internal::Mix64(sequence * kGolden + kGolden);
  const uint64_t bits =
      internal::Mix64(inner ^ internal::Mix64(seed + kGolden));
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

Auditor::Auditor(const AuditOptions& options)
    : options_(options),
      state_(TestedLimit(options), 1 - options.confidence,
             static_cast<double>(options.patience)) {
  if (options_.slack == 0) options_.slack = options_.max_error / 2;
  StartLearning();
}

absl::StatusOr<Auditor> Auditor::Create(const AuditOptions& options) {
  if (absl::Status s = Check(options); !s.ok()) return s;
  return Auditor(options);
}

double Auditor::RungProbability(size_t rung) const {
  return std::max(options_.least_check,
                  std::ldexp(options_.first_check, -static_cast<int>(rung)));
}

bool Auditor::IsLastRung() const {
  return state_.rung + 1 >= internal::kAuditRungs ||
         RungProbability(state_.rung) <= options_.least_check;
}

// Whether there is anything to test: at 0 nothing is given, at 1 all is.
bool Auditor::Tests() const {
  return options_.max_error > 0 && options_.max_error < 1;
}

double Auditor::VersionAlpha() const {
  const double version = state_.version;
  return (1 - options_.confidence) * 6 /
         (std::numbers::pi * std::numbers::pi * version * version);
}

std::optional<double> Auditor::threshold() const {
  if (state_.phase != AuditPhase::kGiving) return std::nullopt;
  if (!Tests()) return kInfinite;
  return state_.ladder.levels()[state_.level].threshold;
}

// The level after those passed, or the loosest.
double Auditor::TriedThreshold() const {
  const auto& levels = state_.ladder.levels();
  return levels[std::min(state_.ladder.passed(), levels.size() - 1)].threshold;
}

// False where the coin of this number may have been seen.
bool Auditor::Count(uint64_t sequence, DecisionKind kind, DecisionCause cause) {
  ++state_.inputs;
  const bool rises = sequence >= state_.next_sequence &&
                     sequence < std::numeric_limits<uint64_t>::max();
  if (!rises) {
    kind = DecisionKind::kRun;
    cause = DecisionCause::kClock;
  } else {
    state_.next_sequence = sequence + 1;
  }
  ++state_.counts[static_cast<size_t>(kind)][static_cast<size_t>(cause)];
  const bool warm_up = state_.phase != AuditPhase::kGiving;
  if (warm_up) ++state_.warm_up_runs;
  if (state_.phase == AuditPhase::kBypassed && --state_.bypass_left <= 0) {
    StartLearning();
  }
  return rises;
}

void Auditor::Run(uint64_t sequence, DecisionCause cause) {
  Count(sequence, DecisionKind::kRun, cause);
}

Verdict Auditor::Decide(uint64_t sequence, const Proposal& proposal) {
  Verdict verdict;
  verdict.kind = proposal.kind;
  verdict.risk = proposal.risk;
  verdict.sequence = sequence;
  verdict.version = state_.version;
  verdict.cause = proposal.cause;
  const AuditPhase phase = state_.phase;
  if (!IsGivenKind(proposal.kind) || !std::isfinite(proposal.risk)) {
    verdict.kind = DecisionKind::kRun;
    Run(sequence, proposal.cause);
    return verdict;
  }
  switch (phase) {
    case AuditPhase::kNever:
      verdict.cause = DecisionCause::kNotCertified;
      break;
    case AuditPhase::kBypassed:
      verdict.cause = DecisionCause::kBypass;
      break;
    case AuditPhase::kLearning:
      Learning(&verdict);
      break;
    case AuditPhase::kGiving:
      Giving(&verdict);
      break;
  }
  const bool proposed = verdict.give || verdict.check;
  if (!Count(sequence, proposed ? verdict.kind : DecisionKind::kRun,
             verdict.cause)) {
    verdict = Verdict();
    verdict.sequence = sequence;
    verdict.cause = DecisionCause::kClock;
    return verdict;
  }
  if (proposed) {
    RungTally& tally =
        state_.tallies[internal::KindSlot(verdict.kind)][verdict.rung];
    ++tally.decisions;
    ++state_.window.decisions;
    tally.checks += verdict.check;
    state_.window.checks += verdict.check;
  }
  return verdict;
}

void Auditor::Learning(Verdict* verdict) {
  verdict->cause = DecisionCause::kNotCertified;
  verdict->learn = true;
  verdict->move_reference = state_.ladder.has_grid()
                                ? verdict->risk > TriedThreshold()
                                : state_.learning_inputs % kFirstHold == 0;
  ++state_.learning_inputs;
}

void Auditor::Giving(Verdict* verdict) {
  const double in_force = *threshold();
  if (verdict->risk > in_force) {
    verdict->learn = true;
    return;
  }
  verdict->rung = static_cast<uint8_t>(state_.rung);
  verdict->check_probability = RungProbability(state_.rung);
  verdict->check =
      AuditCoin(options_.seed, verdict->sequence) < verdict->check_probability;
  verdict->give = !verdict->check;
  verdict->learn = verdict->check;
  verdict->move_reference = false;
}

std::optional<AuditAlarm> Auditor::Learn(const Verdict& verdict, bool wrong) {
  if (!verdict.learn) return std::nullopt;
  if (verdict.check) return LearnCheck(verdict, wrong);
  LearnLevel(verdict, wrong);
  return std::nullopt;
}

// After each bypass levels pass less easily: those before had passed as well.
double Auditor::LadderAlpha() const {
  const auto tries = static_cast<double>(1 + state_.bypasses);
  return (1 - options_.confidence) / (tries * tries);
}

// In inputs.
double Auditor::LongestLearning() const {
  const double samples =
      std::log(1 - options_.confidence) / std::log1p(-options_.max_error);
  return kLongestLearning / kStrictestShare * samples +
         static_cast<double>(ThresholdLadder::kLadderInputs);
}

void Auditor::LearnLevel(const Verdict& verdict, bool wrong) {
  const bool learning = state_.phase == AuditPhase::kLearning;
  if (!Tests() || verdict.version != state_.version) return;
  if (!learning && state_.phase != AuditPhase::kGiving) return;
  state_.ladder.Add(verdict.risk, wrong);
  if (!learning) return;
  if (state_.ladder.passed() > 0) {
    PutInForce(state_.ladder.passed() - 1, 0);
  } else if (static_cast<double>(state_.learning_inputs) >= LongestLearning()) {
    StartLearning();
  }
}

std::optional<AuditAlarm> Auditor::LearnCheck(const Verdict& verdict,
                                              bool wrong) {
  RungTally& tally =
      state_.tallies[internal::KindSlot(verdict.kind)][verdict.rung];
  ++tally.told;
  tally.caught += wrong;
  if (verdict.version != state_.version ||
      state_.phase != AuditPhase::kGiving) {
    return std::nullopt;
  }
  ++state_.window.told;
  state_.window.caught += wrong;
  if (Tests()) {
    state_.monitor.Add(wrong, 1);  // one coin per version: none weighs less
    state_.surge.Add(wrong);
    if (const std::string reason = AlarmReason(); !reason.empty()) {
      return Raise(Escalate(), verdict.sequence, reason);
    }
    if (MissesTarget()) {
      return Raise(
          state_.level > 0 ? AuditAction::kTighten : AuditAction::kBypass,
          verdict.sequence,
          absl::StrFormat("the bound stays above the target %g: %d of "
                          "%d checks found an error",
                          options_.max_error, state_.window.caught,
                          state_.window.told));
    }
  }
  Relax();
  return std::nullopt;
}

// Empty: all is well.
std::string Auditor::AlarmReason() const {
  const RungTally& window = state_.window;
  if (state_.monitor.IsAbove(VersionAlpha())) {
    return absl::StrFormat(
        "errors are more than %g of the answers under version %d: %d of %d "
        "checks found one",
        options_.max_error, state_.version, window.caught, window.told);
  }
  if (state_.surge.IsOn()) {
    return absl::StrFormat(
        "errors have become more frequent than %g: %d of %d checks of "
        "version %d found one, most of them lately",
        options_.max_error, window.caught, window.told, state_.version);
  }
  return "";
}

// Looked at seldom: whether the rate, though not shown to be above the
// target, leaves the bound no room below it.
bool Auditor::MissesTarget() {
  if (state_.window.told < state_.review_at) return false;
  state_.review_at = state_.window.told + kReviewStep;
  const auto told = static_cast<double>(state_.window.told);
  const double room = told * (options_.max_error - options_.slack);
  const auto caught = static_cast<double>(state_.window.caught);
  const bool strictest = state_.level == 0;
  return caught > (strictest ? told * options_.max_error : room) &&
         Summary(AllKinds()).bound > options_.max_error;
}

// After good checks: a looser threshold, or a rarer coin.
void Auditor::Relax() {
  if (state_.window.told % kRelaxStep != 0) return;
  if (Tests() && !state_.monitor.IsBelow(VersionAlpha())) return;
  const AuditTally all = Summary(AllKinds());
  const bool may_loosen = Tests() && state_.inputs >= state_.loosen_from &&
                          state_.ladder.passed() > state_.level + 1;
  if (may_loosen && all.bound <= options_.max_error) {
    PutInForce(state_.level + 1, state_.rung);
  } else if (!IsLastRung() &&
             all.bound - all.caught_rate <= kRarerFrom * options_.slack) {
    PutInForce(state_.level, state_.rung + 1);
  }
}

AuditAction Auditor::Escalate() {
  int64_t decisions = 0;
  for (const RungTally& tally : AllKinds()) decisions += tally.decisions;
  if (decisions - state_.alarmed_at > options_.calm_decisions) {
    state_.strikes = 0;
  }
  state_.alarmed_at = decisions;
  ++state_.strikes;
  if (state_.level == 0 || state_.strikes > 2) return AuditAction::kBypass;
  return state_.strikes == 2 ? AuditAction::kFlush : AuditAction::kTighten;
}

AuditAlarm Auditor::Raise(AuditAction action, uint64_t sequence,
                          std::string reason) {
  AuditAlarm alarm{action, sequence, state_.version, std::move(reason)};
  ++state_.alarm_count;
  if (state_.alarms.size() == internal::kAuditAlarms) {
    state_.alarms.erase(state_.alarms.begin());
  }
  state_.alarms.push_back(alarm);
  if (action == AuditAction::kBypass) {
    state_.bypass_left = options_.bypass_inputs
                         << std::min(state_.bypasses, kMostDoublings);
    ++state_.bypasses;
    StartLearning();
    state_.phase = AuditPhase::kBypassed;
    state_.strikes = 0;
    return alarm;
  }
  state_.loosen_wait = std::clamp(2 * state_.loosen_wait, kFirstLoosenWait,
                                  kFirstLoosenWait << kMostDoublings);
  state_.loosen_from = state_.inputs + state_.loosen_wait;
  state_.ladder.Fail(state_.level);
  PutInForce(state_.level - 1, 0);
  return alarm;
}

void Auditor::PutInForce(size_t level, size_t rung) {
  if (level != state_.level || state_.phase != AuditPhase::kGiving) {
    state_.surge.Reset();
  }
  state_.phase = AuditPhase::kGiving;
  state_.level = level;
  state_.rung = rung;
  ++state_.version;
  state_.window = RungTally();
  state_.review_at = kFirstReview;
  state_.monitor = ErrorMonitor(TestedLimit(options_), 1);
}

void Auditor::StartLearning() {
  state_.ladder.Clear();
  state_.ladder.SetAlpha(LadderAlpha());
  state_.learning_inputs = 0;
  state_.level = 0;
  state_.phase = AuditPhase::kLearning;
  if (options_.max_error == 0) state_.phase = AuditPhase::kNever;
  if (options_.max_error == 1) PutInForce(0, 0);
}

void Auditor::Restart() {
  state_.bypasses = 0;
  state_.strikes = 0;
  state_.bypass_left = 0;
  ++state_.version;  // what is still being learnt is of another scene
  StartLearning();
}

std::vector<uint8_t> Auditor::Save() const {
  return internal::EncodeAuditState(state_, AuditMark(options_));
}

bool Auditor::IsConsistent() const {
  switch (state_.phase) {
    case AuditPhase::kNever:
      return options_.max_error == 0;
    case AuditPhase::kGiving:
      return options_.max_error == 1 ||
             (Tests() && state_.version > 0 &&
              state_.level < state_.ladder.levels().size());
    default:
      return Tests();
  }
}

absl::StatusOr<Auditor> Auditor::Load(const AuditOptions& options,
                                      std::span<const uint8_t> bytes) {
  absl::StatusOr<Auditor> auditor = Create(options);
  if (!auditor.ok()) return auditor;
  if (absl::Status s = internal::DecodeAuditState(
          bytes, AuditMark(auditor->options_), &auditor->state_);
      !s.ok()) {
    return s;
  }
  auditor->state_.ladder.SetAlpha(auditor->LadderAlpha());
  if (!auditor->IsConsistent()) {
    return absl::DataLossError(
        "audit state: expected a phase that goes with the target and a level "
        "of the grid, found another");
  }
  return auditor;
}

}  // namespace fovea
