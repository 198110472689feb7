// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was done about an input that a model could have been asked about, and
// why: always recorded, so that nothing is passed over without a trace.

#ifndef FOVEA_FILTER_DECISION_H_
#define FOVEA_FILTER_DECISION_H_

#include <cstdint>

namespace fovea {

// Values are stored; never renumber.
enum class DecisionKind : uint8_t {
  kRun = 0,        // the model was asked
  kHold = 1,       // the answer about the last input it was asked about
  kReuse = 2,      // the answer about an earlier, similar input
  kDrop = 3,       // nobody is answered: the input tells nothing new
  kRunFailed = 4,  // the model was asked and failed; there is no answer
  kGap = 5,        // the model was not there, and nothing stored answers
};

// What the decision rests on. Values are stored; never renumber.
enum class DecisionCause : uint8_t {
  kFirst = 0,         // nothing to compare with
  kBlindTime = 1,     // none was run for as long as may be
  kNotCertified = 2,  // as good as none is known to be wrong yet
  kBypass = 3,        // too many were wrong: nothing is reused for a while
  kGate = 4,          // what changed, by the gate
  kCache = 5,         // what is known, by the cache
  kStored = 6,        // this very input has been answered before
  kClock = 7,         // time ran backward
  kTooDear = 8,       // the gate costs more than it saves
};

// "run", "hold", "reuse", "drop", "run-failed", "gap".
const char* DecisionKindName(DecisionKind kind);
// "first", "blind-time", "not-certified", "bypass", "gate", "cache", "stored",
// "clock", "too-dear".
const char* DecisionCauseName(DecisionCause cause);

struct Decision {
  DecisionKind kind = DecisionKind::kRun;
  DecisionCause cause = DecisionCause::kFirst;
  // Chosen by the coin: the model ran all the same, and its answer stands.
  bool shadowed = false;
  bool wrong = false;  // what would have been answered differed from that
  // The input whose answer was given, or with which it was compared.
  uint64_t reference_stream = 0;
  uint64_t reference_index = 0;
  float distance = 0;              // to it, in the gate's own unit
  float check_probability = 0;     // of the coin
  uint32_t threshold_version = 0;  // of what the distance was held against
  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_DECISION_H_
