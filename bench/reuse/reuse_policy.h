// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who decides about each sensor window whether the model is run: the gate of
// filter/sensor_gate.h and what it is measured against, over recorded answers
// of the model.

#ifndef FOVEA_BENCH_REUSE_REUSE_POLICY_H_
#define FOVEA_BENCH_REUSE_REUSE_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filter/sensor_features.h"
#include "filter/sensor_gate.h"
#include "filter/sensor_tree.h"

namespace fovea::bench {

// A window and what the model answers about it.
struct TracedWindow {
  Features features;
  int64_t time_ns = 0;
  double off_gravity = 0;  // mean | |a| - 1 g |, in g
  double turning = 0;      // mean |w|, degrees per second
  uint8_t answer = 0, label = 0;
};

class ReusePolicy {
 public:
  virtual ~ReusePolicy() = default;
  // What is answered about the window without the model; nothing: run it.
  // Called for windows in order, not for the first.
  virtual std::optional<uint8_t> Answer(const TracedWindow& window) = 0;
  // The model ran.
  virtual void Ran(const TracedWindow& window) = 0;
};

// Trees trained for one stream of answers.
struct ReuseTrees {
  std::shared_ptr<const SensorTree> pairs;    // what the gate asks
  std::shared_ptr<const SensorTree> unlike;   // without the answer
  std::shared_ptr<const SensorTree> shallow;  // of depth 3
  std::shared_ptr<const SensorTree> classes;  // what the cascade asks
};

// A policy with one knob; a greater knob runs the model less.
struct PolicyKind {
  std::string name;
  std::vector<double> knobs;
  std::unique_ptr<ReusePolicy> (*make)(double knob, const ReuseTrees& trees);
};

// Run-all, every k-th, activity gate, deviation gate, template gate, tree
// cascade, the gate, oracle.
std::vector<PolicyKind> RivalsAndGate();

// The gate with one part of it left out at a time.
std::vector<PolicyKind> GateWithoutParts();

// All cells 0: the reference of a pair that the cascade asks about, which is
// then a question about the window alone.
Features NoFeatures(const Features& like);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_REUSE_REUSE_POLICY_H_
