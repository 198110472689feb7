// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gate on the shared grid: the last runs, and what is cached, vote for
// their answers (filter/reuse_predictor.h). Risks are probabilities.

#ifndef FOVEA_FILTER_GRID_GATE_H_
#define FOVEA_FILTER_GRID_GATE_H_

#include <cstdint>
#include <optional>

#include "filter/gate.h"
#include "filter/reuse_predictor.h"

namespace fovea {

// Needs nothing of an input but its features: without them nothing is known
// of it, and all such inputs would be alike, so it is run. Learns from checks,
// and its skip head, if there is one, from each run whose thumbnail it has.
class GridGate final : public Gate {
 public:
  explicit GridGate(const ReusePredictor& predictor) : predictor_(predictor) {}

  GateDecision Decide(const GateInput& input,
                      const GateReference& reference) override;
  void Ran(const GateRun& run) override;
  void Reset() override {}
  bool WeighsCached() const override { return true; }
  std::optional<uint64_t> usual() const override;
  bool GivesProbabilities() const override { return true; }

 private:
  void See(const GateInput& input, const GateReference& reference);
  GateDecision Weigh(const Features& present, const CachedInput& cached);

  ReusePredictor predictor_;
  // Of the input decided about last.
  ComparedRuns comparison_;
  Thumbnail thumbnail_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_GRID_GATE_H_
