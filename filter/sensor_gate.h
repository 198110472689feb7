// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a model must look at a sensor window, or its last answer may stand.
// A window is held against the last one that the model really ran on, never
// against the last one held: what changes slowly is noticed all the same.

#ifndef FOVEA_FILTER_SENSOR_GATE_H_
#define FOVEA_FILTER_SENSOR_GATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "filter/decision.h"
#include "filter/gate.h"
#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"

namespace fovea {

struct SensorGateOptions {
  // The model runs at least so often, whatever the gate thinks.
  int64_t max_blind_ns = 30'000'000'000;

  // A window is still where the deviation of each axis is below noise_factor
  // times the sensor's noise. Noise 0 is learnt from the quietest window so
  // far; a window that moves more than 0.2 m/s2 or 0.05 rad/s is not taken
  // for noise.
  double noise_factor = 3;
  double noise_m_s2 = 0, noise_rad_s = 0;
  double still_angle = 10;  // degrees that gravity may turn

  // A window so near to the last one run is held, in cells of
  // SensorDistance(). Negative: learnt, from how far neighbouring windows
  // with equal answers lie apart in the first learn_ns (self_share of them
  // are nearer), through which every window is run.
  float most_distance = -1;
  int64_t learn_ns = 120'000'000'000;
  double self_share = 0.5;

  // Asked about what is farther; without a tree that is run. It is held when
  // the log-odds of another answer are at most so high.
  std::shared_ptr<const SensorTree> tree;
  float most_log_odds = -1;

  // After a run with another answer than the one before, the window that
  // ends so much later is run as well: the first one held both what was and
  // what came, and is a poor reference. 0: it is not.
  int64_t settle_ns = 0;
};

// What held a window, or let it through.
enum class SensorStage : uint8_t {
  kNone = 0,      // nothing was compared
  kStill = 1,     // no motion, and gravity as it was
  kTemplate = 2,  // the distance
  kTree = 3,
  kSettling = 4,  // the answer had just changed
};

struct SensorDecision {
  DecisionKind kind = DecisionKind::kRun;  // or kHold
  DecisionCause cause = DecisionCause::kFirst;
  SensorStage stage = SensorStage::kNone;
  float distance = 0;  // SensorDistance() to the last window run; 0: none was
  float log_odds = 0;  // of another answer, where the tree was asked
};

// One stream and one model. Not thread-safe. Deterministic. Some 1 us a
// window, most of it the tree's. Alone it decides by the thresholds of its
// options; as a Gate it tells how risky holding would be, and the Auditor
// chooses the threshold.
class SensorGate final : public Gate {
 public:
  explicit SensorGate(SensorGateOptions options);

  // What to do about the window that ends at `time_ns`. Runs: the first one
  // (kFirst), any after a longer time than may be (kBlindTime), any that
  // comes before an earlier one (kClock), all while the gate still learns
  // (kNotCertified), and what differs (kGate), another shape included.
  SensorDecision Decide(const Features& features, int64_t time_ns);

  // The model ran on this window, whoever asked it to (a check counts too),
  // and this is the number of its answer. A run that failed is not told: the
  // window is asked about again.
  void Ran(const Features& features, int64_t time_ns, int answer = kNoAnswer);

  // As a Gate. Risks are 0 of what is as still as it was, above it by distance,
  // and above all of those, where there is a tree, by its log-odds for what is
  // farther than most_distance(); of a cached window likewise, but for what is
  // still. Runs are told as above, but for blind time, which must not be
  // shorter in the options than that of who asks. A vote is the number of the
  // answer and 1, or 0 of none.
  GateDecision Decide(const GateInput& input,
                      const GateReference& reference) override;
  void Ran(const GateRun& run) override;
  void Reset() override;
  bool WeighsCached() const override { return true; }

  // In force; negative while it is learnt.
  float most_distance() const { return most_distance_; }

 private:
  bool IsLearning() const { return most_distance_ < 0; }
  void LearnNoise(const Features& features);
  void LearnDistance(const Features& features, int64_t time_ns, int answer);
  bool IsStill(const Features& features) const;
  bool IsAsStill(const Features& features) const;
  GateDecision Cached(const CachedInput& cached) const;

  const SensorGateOptions options_;
  int noise_, turning_noise_;  // in cells; above all cells: not known
  float most_distance_;
  std::vector<float> self_distances_;
  int64_t learn_since_ns_ = 0;

  int64_t last_ns_ = 0;  // of the last window decided about
  int64_t ran_ns_ = 0;
  int64_t changed_ns_ = 0;  // of the run whose answer was another
  bool settling_ = false;
  std::optional<Features> reference_;  // the last window run
  int answer_ = kNoAnswer;             // to it
  std::optional<Features> present_;    // as a Gate: of the window decided about
};

}  // namespace fovea

#endif  // FOVEA_FILTER_SENSOR_GATE_H_
