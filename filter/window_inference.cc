// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/window_inference.h"

#include <limits>
#include <utility>

#include "filter/sensor_fingerprint.h"
#include "filter/sensor_gate.h"

namespace fovea {
namespace {

std::unique_ptr<SensorGate> OpenGate(const WindowInferenceOptions& options) {
  constexpr float kOpen = std::numeric_limits<float>::infinity();
  SensorGateOptions gate;
  gate.max_blind_ns = options.blind_ns;
  gate.tree = options.tree;
  gate.most_distance = options.tree == nullptr ? kOpen : 0;
  gate.most_log_odds = kOpen;
  return std::make_unique<SensorGate>(std::move(gate));
}

InferenceReuseOptions ReuseOptionsOf(WindowInferenceOptions options) {
  InferenceReuseOptions reuse;
  reuse.audit = options.audit;
  reuse.blind_ns = options.blind_ns;
  reuse.cache = options.cache;
  reuse.cache_distance = options.cache_distance;
  reuse.offline = options.offline;
  reuse.monotonic_ns = std::move(options.monotonic_ns);
  reuse.audit_state = std::move(options.audit_state);
  reuse.auditor = options.auditor;
  return reuse;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WindowInference>> WindowInference::Create(
    const ModelDigest& model, const SensorLayout& layout,
    WindowInferenceOptions options) {
  auto clock = options.monotonic_ns;
  auto gate = OpenGate(options);
  auto reuse = InferenceReuse::Create(model, ReuseOptionsOf(std::move(options)),
                                      std::move(gate));
  if (!reuse.ok()) return reuse.status();
  return std::unique_ptr<WindowInference>(
      new WindowInference(layout, std::move(clock), *std::move(reuse)));
}

WindowInference::WindowInference(const SensorLayout& layout,
                                 std::function<int64_t()> monotonic_ns,
                                 std::unique_ptr<InferenceReuse> reuse)
    : layout_(layout),
      monotonic_ns_(std::move(monotonic_ns)),
      reuse_(std::move(reuse)) {}

absl::StatusOr<ReuseVerdict> WindowInference::Decide(
    const SensedWindow& input) {
  ReuseInput asked;
  asked.stream = input.stream;
  asked.index = input.index;
  asked.kind = InputKind::kWindow;
  asked.time_ns = input.end_ns;
  if (!too_dear()) {  // most of what deciding costs
    const int64_t begun = monotonic_ns_ ? monotonic_ns_() : 0;
    auto features = SensorFeaturesOf(layout_, input.window);
    if (!features.ok()) return features.status();
    asked.fingerprint = SensorFingerprintOf(*features);
    asked.features = *std::move(features);
    if (monotonic_ns_) asked.spent_ns = monotonic_ns_() - begun;
  }
  return reuse_->Decide(asked);
}

}  // namespace fovea
