// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tells whether an earlier answer of a model still holds. One interface
// for all that judge inputs one by one: the grid's predictor
// (filter/grid_gate.h), differences of pictures (filter/difference_gate.h),
// sensor windows (filter/sensor_gate.h). A gate says how risky an answer
// would be; whether that is little enough says the Auditor, which calibrates
// any gate's risk against what the model says (filter/auditor.h).
//
// filter/packet_gate.h cannot stand behind it. Its inputs are rounds: which
// packet is decoded depends on what those of all other cameras are worth in
// the same round and on a budget that they share, so there is no decision
// about one input alone, and what it decides is first of all what to decode.
// It uses the same words: its `need` is a risk, its cause a DecisionCause, and
// its reference too is the last picture that the model really ran on.

#ifndef FOVEA_FILTER_GATE_H_
#define FOVEA_FILTER_GATE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "codec/grid.h"
#include "codec/sample.h"
#include "filter/answer_history.h"
#include "filter/decision.h"
#include "filter/features.h"
#include "filter/thumbnail.h"

namespace fovea {

// An input, as far as it is known; a gate says what it needs. Pointers hold
// for the call.
struct GateInput {
  int64_t time_ns = 0;
  const Features* features = nullptr;
  const Grid* grid = nullptr;    // measured against the input before it
  const Frame* frame = nullptr;  // its pixels
  const Thumbnail* thumbnail = nullptr;
};

// An input of another time or stream, and what the model said of it. Pointers
// hold for the call.
struct CachedInput {
  const Features* features = nullptr;
  float distance = 0;  // FeatureDistance() to it
  uint64_t vote = 0;
};

// What an input is held against: inputs that the model really ran on. Never
// the last input: what changes slowly would not be noticed.
struct GateReference {
  // The latest runs, which have seen the input, too. What a gate needs of
  // them beside that it takes from its input when Ran() says so.
  const AnswerHistory* runs = nullptr;
  // To be weighed with them; null: there is none.
  const CachedInput* cached = nullptr;
  bool usual = false;  // the answer of Gate::usual() is at hand
};

struct GateDecision {
  // What could be answered: kHold, the answer of run `run`; kReuse, that of
  // the cached input, or without one the usual answer; kRun, nothing at all.
  DecisionKind kind = DecisionKind::kRun;
  DecisionCause cause = DecisionCause::kFirst;
  size_t run = 0;  // of GateReference::runs, 0 the latest
  // Rises with the chance that this answer is wrong. In the gate's own unit:
  // only its order counts. Not NaN; infinite: the model is to be run.
  double risk = std::numeric_limits<double>::infinity();
  float distance = 0;  // to that input, for the log, in the gate's own unit
};

// What a gate hears of a run on the input decided about last.
struct GateRun {
  AnswerTraits answer;
  // The input is a reference from here on. Else the answer is there to be
  // learnt from, and decisions go on as if it had not been asked for.
  bool moves = true;
  // The Auditor's coin had it run, whatever the risk: a fair sample.
  bool checked = false;
};

// Of one stream and model. Not thread-safe. Deterministic.
class Gate {
 public:
  virtual ~Gate() = default;

  // Called of each input in the order of time, also of those that are run
  // anyway, and once more where something cached was found for it. A longest
  // blind time is kept, and a gate dearer than what it saves is passed over,
  // by who asks (filter/inference_reuse.h).
  virtual GateDecision Decide(const GateInput& input,
                              const GateReference& reference) = 0;

  virtual void Ran(const GateRun& run) = 0;

  // Nothing that comes follows on what was. What has been learnt stays.
  virtual void Reset() = 0;

  // Whether GateReference::cached is looked at. Without it there is no need
  // to look for any.
  virtual bool WeighsCached() const { return false; }

  // The vote of an answer that it may propose without any run to compare with,
  // where that is at hand.
  virtual std::optional<uint64_t> usual() const { return std::nullopt; }

  // Whether a risk is the probability that the answer is wrong, so that it
  // means something before it is calibrated. Else 0 alone does.
  virtual bool GivesProbabilities() const { return false; }
};

}  // namespace fovea

#endif  // FOVEA_FILTER_GATE_H_
