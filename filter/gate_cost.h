// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether deciding about a model costs more than the runs it saves: then it
// is better run each time.

#ifndef FOVEA_FILTER_GATE_COST_H_
#define FOVEA_FILTER_GATE_COST_H_

#include <cstdint>

namespace fovea {

// Means over the latest decisions and runs. Once deciding has been too dear
// over 256 decisions in which answers could be given, it is said to be so for
// the next 4,096, then weighed anew. Not thread-safe.
class GateCost {
 public:
  // A decision took so long. `given`: and spared a run. `could_give`: answers
  // may be given at all; while they may not, nothing is weighed, since nothing
  // can be saved yet.
  void Decided(int64_t took_ns, bool given, bool could_give);

  // A run of the model took so long.
  void Ran(int64_t took_ns);

  bool too_dear() const { return too_dear_; }

  // Means; 0: not known.
  double decide_ns() const { return decide_ns_; }
  double run_ns() const { return run_ns_; }

 private:
  double decide_ns_ = 0, run_ns_ = 0, given_share_ = 0;
  int64_t weighed_ = 0;
  bool too_dear_ = false;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_GATE_COST_H_
