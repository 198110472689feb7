// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything an auditor remembers, apart from what it decides by.
//
//   u8 version 1, u64 mark of the options, then each field below in order:
//   whole numbers as varints, doubles as u64 of their bits, flags as u8,
//   lists with their length before them; u64 check of all bytes before

#ifndef FOVEA_FILTER_AUDIT_STATE_H_
#define FOVEA_FILTER_AUDIT_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "filter/audit_report.h"
#include "filter/decision.h"
#include "filter/error_monitor.h"
#include "filter/error_surge.h"
#include "filter/threshold_ladder.h"

namespace fovea::internal {

inline constexpr size_t kAuditRungs = 16;  // of the coin's probability
inline constexpr size_t kGivenKinds = 3;   // hold, reuse, drop
inline constexpr size_t kAuditAlarms = 16;
inline constexpr size_t kAlarmReasonBytes = 255;

struct RungTally {
  int64_t decisions = 0, checks = 0, told = 0, caught = 0;
  friend bool operator==(const RungTally&, const RungTally&) = default;
};
// Of a kind that is given.
constexpr size_t KindSlot(DecisionKind kind) {
  return static_cast<size_t>(kind) - static_cast<size_t>(DecisionKind::kHold);
}
using RungTallies = std::array<RungTally, kAuditRungs>;

struct AuditState {
  // `limit` in (0, 1); of targets 0 and 1, which test nothing, any.
  AuditState(double limit, double alpha, double patience)
      : ladder(limit, alpha), monitor(limit, 1), surge(limit, patience) {}

  AuditPhase phase = AuditPhase::kLearning;
  uint64_t next_sequence = 0;  // the least there may be
  int64_t inputs = 0;
  int64_t warm_up_runs = 0;
  std::array<std::array<int64_t, kAuditedCauses>, kAuditedKinds> counts = {};
  std::array<RungTallies, kGivenKinds> tallies = {};

  int64_t learning_inputs = 0;  // since the ladder was begun
  uint64_t level = 0;           // in force
  uint64_t rung = 0;
  uint32_t version = 0;
  RungTally window;  // of the version

  int64_t alarmed_at = 0;  // decisions then
  int64_t strikes = 0;     // alarms since it was calm
  int64_t bypasses = 0;
  int64_t bypass_left = 0;  // inputs
  int64_t loosen_from = 0;  // inputs
  int64_t loosen_wait = 0;  // inputs
  int64_t review_at = 0;    // checks of the version
  int64_t alarm_count = 0;
  std::vector<AuditAlarm> alarms;  // the last kAuditAlarms

  ThresholdLadder ladder;
  ErrorMonitor monitor;  // of the version
  ErrorSurge surge;
};

// `mark` is of the options under which the state means anything.
std::vector<uint8_t> EncodeAuditState(const AuditState& state, uint64_t mark);

// The last eight bytes for what stands before them.
uint64_t AuditStateCheck(std::span<const uint8_t> bytes);

// Into a new state. kDataLoss says what was expected and found;
// kFailedPrecondition: it is sound, but of another version or of other options.
// `state` is then of no use.
absl::Status DecodeAuditState(std::span<const uint8_t> bytes, uint64_t mark,
                              AuditState* state);

// Stafford's variant 13 of the 64-bit finaliser.
constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_AUDIT_STATE_H_
