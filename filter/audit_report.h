// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an auditor can say about the answers it let be given: everything that
// a table or a log line needs.

#ifndef FOVEA_FILTER_AUDIT_REPORT_H_
#define FOVEA_FILTER_AUDIT_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "filter/decision.h"

namespace fovea {

inline constexpr size_t kAuditedKinds = 6;
inline constexpr size_t kAuditedCauses = 9;

enum class AuditPhase : uint8_t {
  kNever = 0,     // max_error is 0: everything runs
  kLearning = 1,  // no threshold passed yet: everything runs
  kGiving = 2,    // below the threshold answers are given, some checked
  kBypassed = 3,  // after alarms: everything runs for a while
};

// What is to be done about too many wrong answers; each includes those before.
enum class AuditAction : uint8_t {
  kTighten = 0,  // done already: the next stricter threshold is in force
  kFlush = 1,    // the caller is to forget the answers it keeps
  kBypass = 2,   // done already: nothing is given until levels pass again
};

struct AuditAlarm {
  AuditAction action = AuditAction::kTighten;
  uint64_t sequence = 0;  // of the input whose check raised it
  uint32_t version = 0;   // that was in force
  std::string reason;     // one sentence for people
};

// Answers that were or would have been given; shares are 0 of none.
struct AuditTally {
  int64_t decisions = 0;  // given or checked
  int64_t checks = 0;     // chosen by the coin
  int64_t pending = 0;    // of these, outcome not told yet
  int64_t caught = 0;     // of these, wrong, or the model failed
  int64_t given = 0;      // decisions - checks
  // The most wrong ones among those given, pending checks taken as wrong. At
  // every moment at once; stated alone, or of all kinds together: each at the
  // confidence of the options.
  int64_t most_wrong = 0;
  double bound = 0;        // most_wrong / given
  double caught_rate = 0;  // caught / (checks - pending): an estimate
  // Clopper and Pearson's limit of the rate behind those checks. A figure to
  // compare with other systems: it takes checks for independent samples of
  // one rate and one q. It is not the claim.
  double clopper_pearson = 1;
};

struct AuditReport {
  double max_error = 0, confidence = 0;
  AuditPhase phase = AuditPhase::kLearning;
  // In force, when giving: risks up to it are given.
  double threshold = 0;
  size_t level = 0;   // of it on the grid, 0 the strictest
  size_t passed = 0;  // levels
  size_t levels = 0;  // of the grid; 0 while there is none
  double check_probability = 0;
  uint32_t version = 0;  // of threshold and coin

  int64_t inputs = 0;
  int64_t warm_up_runs = 0;  // while no threshold was in force
  // Of inputs, by kind of what was proposed or done, and by cause.
  std::array<std::array<int64_t, kAuditedCauses>, kAuditedKinds> counts = {};

  AuditTally all;                // the stated bound is all.bound
  AuditTally hold, reuse, drop;  // by kind
  double wrong_of_inputs = 0;    // all.most_wrong / inputs, warm-up included
  double saved = 0;              // given / inputs
  double tax = 0;                // checks / inputs
  bool meets_target = false;     // all.bound <= max_error

  // Decisions since the threshold and coin in force. Where
  // AuditOptions::checks_change_answers is false its bound is the exact one
  // of MostErrors(), else that of every moment.
  AuditTally window;
  bool window_is_exact = false;

  int64_t alarm_count = 0;
  std::vector<AuditAlarm> alarms;  // the last of them, oldest first
};

}  // namespace fovea

#endif  // FOVEA_FILTER_AUDIT_REPORT_H_
