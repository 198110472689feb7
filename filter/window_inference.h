// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensor gate, cache and auditor of one model over the windows of one sensor:
// says of each window whether the model has to be run, and what to answer
// where it has not. What filter/inference_reuse.h does for pictures, with the
// features of a window cut where they are needed.

#ifndef FOVEA_FILTER_WINDOW_INFERENCE_H_
#define FOVEA_FILTER_WINDOW_INFERENCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/model_id.h"
#include "filter/auditor.h"
#include "filter/inference_reuse.h"
#include "filter/result_cache.h"
#include "filter/sensor_features.h"
#include "filter/sensor_tree.h"

namespace fovea {

struct WindowInferenceOptions {
  AuditOptions audit;  // the target, and the seed of the coin
  // No answer is given later than this after the last run, nor that of a
  // window that ended longer ago.
  int64_t blind_ns = 30'000'000'000;
  // Of this model; without one, windows are as likely answered alike as they
  // are near.
  std::shared_ptr<const SensorTree> tree;
  // Results of earlier runs, shared between streams; null: none are looked
  // up. Outlives this.
  ResultCache* cache = nullptr;
  // How far cached windows may be to be looked at, in units of
  // FeatureDistance().
  float cache_distance = 8;
  // Nobody can run the model: stored answers only, of a risk that has been
  // certified, or where none has of windows with equal features. All else is
  // a gap.
  bool offline = false;
  // To weigh what deciding costs, features included, against what it saves;
  // null: not done.
  std::function<int64_t()> monotonic_ns;
  // Of the auditor (Auditor::Save()), to go on with; empty: from the
  // beginning.
  std::vector<uint8_t> audit_state;
  // Instead of `audit` and `audit_state`; outlives this.
  Auditor* auditor = nullptr;
};

struct SensedWindow {
  uint64_t stream = 0, index = 0;  // of its first sample
  int64_t end_ns = 0;              // of its last one
  SensorWindow window;
};

// Answers are classes: traits.vote is 1 + the class, or 0 of none.
//
// InferenceReuse with a SensorGate whose own thresholds are open: each window
// is held against the last one run, and how far it is from it, or how likely
// the tree thinks another answer, is the risk that the auditor puts a threshold
// on. Decide() is called of each window in the order of time; where it says so
// the model is run and Ran() or Failed() follows before the next.
// Deterministic but for what monotonic_ns tells. Not thread-safe.
class WindowInference {
 public:
  // Errors of InferenceReuse::Create().
  static absl::StatusOr<std::unique_ptr<WindowInference>> Create(
      const ModelDigest& model, const SensorLayout& layout,
      WindowInferenceOptions options);

  // Errors of SensorFeaturesOf(); nothing has changed then. While the gate is
  // off windows are not looked at.
  absl::StatusOr<ReuseVerdict> Decide(const SensedWindow& input);

  // As InferenceReuse's.
  InferenceReuse::Learnt Ran(const ModelAnswer& answer) {
    return reuse_->Ran(answer);
  }
  InferenceReuse::Learnt Failed() { return reuse_->Failed(); }
  void Reset() { reuse_->Reset(); }
  bool too_dear() const { return reuse_->too_dear(); }
  const Auditor& auditor() const { return reuse_->auditor(); }

 private:
  WindowInference(const SensorLayout& layout,
                  std::function<int64_t()> monotonic_ns,
                  std::unique_ptr<InferenceReuse> reuse);

  const SensorLayout layout_;
  const std::function<int64_t()> monotonic_ns_;
  const std::unique_ptr<InferenceReuse> reuse_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_WINDOW_INFERENCE_H_
